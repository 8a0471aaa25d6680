"""Rows of an answer: the items of its lists, each with its region, kept packed (`shared/results/rows.py`)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, islice, takewhile
from typing import Annotated, Any

import jmespath
from pydantic import PlainSerializer, PlainValidator

from services.info_tools.paging import each_page, has_more
from services.info_tools.reading.places import GLOBAL
from shared.aws.answers.plain import as_json
from shared.aws.clients import Aws
from shared.aws_operations.models import Operation, Paging
from shared.results.rows import Rows

REGION, LIST = "_region", "_list"
_ACCOUNT_BYTES = 32
_NOT_AWS = "ResponseMetadata"
# An answer that is one list, with a count or a token beside it, is a listing though AWS pages it in no way.
_MAX_BESIDE = 3


def _rows(lines: Iterable[bytes]) -> Rows:
    rows = Rows()
    rows.extend_lines(lines)
    return rows


# Rows on their way between workers: a text of one row a line, as which they are kept.
InText = Annotated[
    Rows,
    PlainSerializer(lambda rows: b"\n".join(rows.lines()).decode(), return_type=str),
    PlainValidator(lambda text: _rows(text.encode().split(b"\n") if text else ())),
]


def _cost(line: bytes) -> int:
    """What a row takes of the bytes that may be read: a row of several accounts gets its account too."""
    return len(line) + _ACCOUNT_BYTES


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a call may read: rows of each region, and bytes of all regions together."""

    rows: int
    size: int


class Budget:
    """What is left of the bounds where one worker reads."""

    def __init__(self, bounds: Bounds) -> None:
        self.rows, self.size = bounds.rows, bounds.size
        self._left = bounds.size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Whether so many more bytes fit."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True


@dataclass(slots=True)
class Part:
    """What one place answered: rows by the path of their list, and what stood beside the lists.

    An operation that lists nothing has its whole answer as one row, under the path "".
    """

    lists: dict[str, InText] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    # Why reading ended early; None where it did not, or where a gap says so already.
    stopped: str | None = None

    def count(self) -> int:
        return sum(map(len, self.lists.values()))

    def size_bytes(self) -> int:
        """As `Budget` counts them."""
        return sum(rows.size_bytes + len(rows) * (_ACCOUNT_BYTES - 1) for rows in self.lists.values())

    def keep(self, most: int) -> None:
        """Keep the first rows, list after list."""
        for path, rows in self.lists.items():
            self.lists[path] = _rows(islice(rows.lines(), most))
            most -= len(self.lists[path])

    def rows_within(self, most: int) -> int:
        """How many of the first rows have so many bytes in all."""
        if self.size_bytes() <= most:
            return self.count()
        costs = accumulate(_cost(line) for rows in self.lists.values() for line in rows.lines())
        return sum(1 for _ in takewhile(lambda cost: cost <= most, costs))


def read_rows(
    aws: Aws,
    client: Any,
    operation: Operation,
    paths: tuple[str, ...],
    arguments: Mapping[str, Any],
    region: str,
    budget: Budget,
    page_size: int | None,
) -> Part:
    """All rows of one region, or as many as the budget allows. `paths` are the answer's lists, of `list_paths`.

    Raises what `each_page` does.
    """
    rows = Part({path: Rows() for path in paths or ("",)})
    where = None if region == GLOBAL else region
    pages = each_page(aws, client, operation, arguments, count=rows.count, region=where, page_size=page_size)
    for number, page in enumerate(pages, start=1):
        page.pop(_NOT_AWS, None)
        if not paths:
            _add(rows, "", page, region, budget, several=False)
        for path in paths:
            for item in _items(path, page):
                if not _add(rows, path, item, region, budget, several=len(paths) > 1):
                    return rows
        if number == 1:
            rows.beside = _beside(page, paths, operation.paging)
        if rows.count() >= budget.rows and has_more(operation.paging, page):
            rows.stopped = f"`limit` is {budget.rows}"
            return rows
    return rows


def list_paths(operation: Operation, output: Any) -> tuple[str, ...]:
    """The paths of the lists in an answer whose items are its rows; none where the answer is a single thing."""
    if operation.paging and operation.paging.results:
        found = [path for path in operation.paging.results if _kind_at(output, path) in ("list", "map")]
        # kinesis:ListStreams answers with each stream's name and, in another list, with more of it.
        things = tuple(path for path in found if not _is_of_texts(output, path))
        if found:
            return things or tuple(found)
    if output is None:
        return ()
    tokens = set(operation.paging.output_tokens) if operation.paging else set()
    members = {name: shape for name, shape in output.members.items() if name not in tokens}
    lists = tuple(name for name, shape in members.items() if shape.type_name == "list")
    if operation.paging:
        return lists
    others = [shape for name, shape in members.items() if name not in lists]
    is_listing = len(lists) == 1 and len(others) <= _MAX_BESIDE
    return lists if is_listing and not any(_is_nested(shape) for shape in others) else ()


def document(found: list[Part], paths: tuple[str, ...]) -> bytes:
    """What all places answered together, as one JSON document in the form of AWS's own answer.

    A listing is AWS's answer with the rows of all places in its lists. Otherwise it is the answer itself, or a list of
    the answers where several places were asked.
    """
    if not paths:
        answers = [line for part in found for line in part.lists[""].lines()]
        return answers[0] if len(answers) == 1 else b"[" + b",".join(answers) + b"]"
    root: dict[str, Any] = {}
    for path in paths:
        *parents, last = path.split(".")
        level = root
        for parent in parents:
            level = level.setdefault(parent, {})
        level[last] = b"[" + b",".join(line for part in found for line in part.lists[path].lines()) + b"]"
    return _written(root)


def _written(level: dict[str, Any] | bytes) -> bytes:
    """An object whose leaves are JSON already."""
    if isinstance(level, bytes):
        return level
    return b"{" + b",".join(json.dumps(name).encode() + b":" + _written(inner) for name, inner in level.items()) + b"}"


def _add(rows: Part, path: str, item: Any, region: str, budget: Budget, *, several: bool) -> bool:
    """Whether the row had room."""
    if rows.count() >= budget.rows:
        rows.stopped = f"`limit` is {budget.rows}"
        return False
    value = as_json(item)
    row = value if isinstance(value, dict) else {"value": value}
    about = {REGION: region} | ({LIST: path} if several else {})
    line = json.dumps(row | about, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    if not budget.take(_cost(line)) or not rows.lists[path].extend_lines([line]):
        rows.stopped = f"a result takes {budget.size} bytes at most"
        return False
    return True


def _items(path: str, page: Mapping[str, Any]) -> list[Any]:
    found = jmespath.search(path, page)
    if isinstance(found, Mapping):
        return [{"key": key, "value": value} for key, value in found.items()]
    return list(found) if isinstance(found, list) else []


def _beside(page: Mapping[str, Any], paths: tuple[str, ...], paging: Paging | None) -> dict[str, Any]:
    """The members of an answer that are no list of rows and no way to the next page."""
    if not paths:
        return {}
    tokens = {*paging.input_tokens, *paging.output_tokens, paging.more, paging.limit} if paging else set()
    known = {path.split(".")[0] for path in paths} | tokens
    # A number on the first page of several is of that page alone.
    others = {
        name: value for name, value in page.items() if name not in known and not (paging and isinstance(value, int))
    }
    return {name: as_json(value) for name, value in others.items() if value not in (None, "", [], {})}


def _kind_at(shape: Any, path: str) -> str | None:
    """The kind of shape at a plain path; None where there is none, or where the path is an expression."""
    found = _at(shape, path)
    return None if found is None else str(found.type_name)


def _is_of_texts(shape: Any, path: str) -> bool:
    found = _at(shape, path)
    return found.type_name == "list" and not _is_nested(found.member)


def _at(shape: Any, path: str) -> Any:
    for part in path.split("."):
        if shape is None or shape.type_name != "structure" or part not in shape.members:
            return None
        shape = shape.members[part]
    return shape


def _is_nested(shape: Any) -> bool:
    return shape.type_name in ("structure", "map", "list")
