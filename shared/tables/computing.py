"""Describes stored results and answers queries over them, in bounded child processes, from any thread."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from shared.errors import AssistantError, BadRequest, DeadlineExceeded, InvalidArguments, NotFound
from shared.evaluation.children import Children, Limits
from shared.evaluation.process import TooCostly
from shared.messages import Overview
from shared.results.records import MAX_RESULT_BYTES
from shared.results.rows import MAX_ROWS_BYTES, Rows
from shared.tables.query import Answered, Query
from shared.text.similar import did_you_mean

# 50,000 rows of 500 bytes take 2 s and 170 MB, 85,000 with all their columns 360 MB; what takes more is refused.
LIMITS = Limits(memory_bytes=512 * 1024 * 1024, result_bytes=MAX_ROWS_BYTES, cpu_seconds=15, seconds=40, at_once=2)
# What a model is told of a result takes some 10 KB.
MAX_COLUMNS = 60
SAMPLE_ROWS = 5
MAX_NAMED = 40

Outcome = TypeVar("Outcome")


class Tables:
    """One per process. Its children belong to an event loop of its own, which starts with the first question."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._children: Children | None = None

    def share(self, processes: int) -> None:
        """Have so many fewer children at once that all processes of a container have no more than one alone, if at all.

        Before the first question.
        """
        self.limits = replace(self.limits, at_once=max(1, self.limits.at_once // processes))

    def describe(self, packed: bytes, seconds: float) -> Overview:
        """What the rows of a packed result are. Raises as `query`."""
        about = {"max_columns": MAX_COLUMNS, "sample_rows": SAMPLE_ROWS}
        return Overview.model_validate(json.loads(self._asked({"describe": about}, [packed], seconds)))

    def query(self, query: Query, packed: Sequence[bytes], seconds: float) -> tuple[Answered, Rows]:
        """What a query finds in a packed result, and in the one that it joins, within so many seconds.

        Raises BadRequest (`query_too_costly`), InvalidArguments (`unknown_column`, `query_type_mismatch`), NotFound
        (`unknown_rows`), Busy (`too_many_evaluations`), Unavailable.
        """
        asked = query.model_dump(mode="json")
        for given, aggregate in zip(query.aggregates, asked["aggregates"], strict=True):
            aggregate["name"] = given.called
        head, *lines = self._asked({"query": asked}, packed, seconds).split(b"\n")
        rows = Rows()
        rows.extend_lines(lines)
        return Answered.model_validate_json(head), rows

    def _asked(self, request: Mapping[str, Any], packed: Sequence[bytes], seconds: float) -> bytes:
        bounds = {"result_bytes": self.limits.result_bytes, "document_bytes": MAX_RESULT_BYTES}
        loop, children = self._running()
        try:
            asking = asyncio.wait_for(children.ask({**request, **bounds}, packed), max(0.0, seconds))
            failed, answer = _result(asking, loop)
        except TooCostly as error:
            raise _too_costly(str(error)) from None
        except TimeoutError:
            raise DeadlineExceeded("the query was not answered in the time of its call; try again") from None
        if failed:
            raise _refusal(failed["refused"], json.loads(failed["about"]))
        return answer

    def _running(self) -> tuple[asyncio.AbstractEventLoop, Children]:
        with self._lock:
            if self._loop is None or self._children is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="tables", daemon=True).start()
                self._children = Children("shared.tables.inside.child", self.limits, ("-I", "-S"))
                _result(self._children.start(), self._loop)
            return self._loop, self._children

    def stop(self) -> None:
        """End the child that waits, and the loop."""
        with self._lock:
            if self._loop and self._children:
                _result(self._children.stop(), self._loop)
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = self._children = None


TABLES = Tables()


def _result(coroutine: Coroutine[Any, Any, Outcome], loop: asyncio.AbstractEventLoop) -> Outcome:
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result()


def _too_costly(why: str) -> BadRequest:
    return BadRequest(
        f"the query asks for too much: {why}; filter more, select fewer columns or a smaller limit",
        code="query_too_costly",
    )


def _refusal(why: str, about: dict[str, Any]) -> AssistantError:
    """The child's refusal in words that let a model mend its query in one go."""
    if why == "too_costly":
        return _too_costly(about["detail"])
    if why == "unknown_rows":
        lists = ", ".join(about["known"]) or "none"
        return NotFound(f"the result has no list {about['name']!r}; it has {lists}", code="unknown_rows")
    if why == "unknown_column":
        return _unknown_column(about["column"], about["known"], grouped=about.get("grouped", False))
    if why == "type_mismatch":
        detail = f"{about['column']} holds {about['holds']}; {about['but']}"
        return InvalidArguments(detail, code="query_type_mismatch")
    return InvalidArguments(about["detail"])


def _unknown_column(column: str, known: list[str], *, grouped: bool) -> InvalidArguments:
    where = "the grouped rows have" if grouped else "the rows have"
    named = ", ".join(known[:MAX_NAMED]) or "none"
    more = f" and {len(known) - MAX_NAMED} more" if len(known) > MAX_NAMED else ""
    guess = did_you_mean(column, known) or _within(column, known)
    return InvalidArguments(
        f"there is no column {column!r}{guess}{'?' if guess else ''} Columns that {where}: {named}{more}",
        code="unknown_column",
    )


def _within(column: str, known: list[str]) -> str:
    """ "; did you mean …" for a column whose last part, or whole, is the last part of a known one."""
    last = column.rpartition(".")[2].casefold().replace("_", "")
    found = [one for one in known if one.rpartition(".")[2].casefold().replace("_", "") == last]
    return f"; did you mean {' or '.join(found[:3])}" if found else ""
