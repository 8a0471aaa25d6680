"""A tool's result is measured, counted and written without being made plain, and says the same as if it were."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from services.info_tools.combined import Combined, Row
from shared.results.body import JSON, Body
from shared.results.rows import Rows


class Thing(Row):
    name: str


class Things(Combined):
    things: tuple[Thing, ...]
    names: tuple[str, ...] = ()


class Loose(BaseModel):
    few: tuple[Thing, ...] = ()
    many: list[dict[str, int]] = []
    texts: list[str] = []
    nested: dict[str, list[dict[str, int]]] = {}


def counted(plain: Any) -> int | None:
    """Rows of the main list, of a result as JSON."""
    lists = [plain] if isinstance(plain, list) else []
    lists += [each for each in plain.values() if isinstance(each, list)] if isinstance(plain, dict) else []
    return max((len(each) for each in lists if not each or isinstance(each[0], dict)), default=None)


@pytest.mark.parametrize(
    "value",
    [
        Things(things=(Thing(name="a"), Thing(name="b", account="111122223333")), names=("a", "b", "c")),
        Things(things=()),
        Loose(few=(Thing(name="a"),), many=[{"a": 1}, {"a": 2}, {"a": 3}], texts=["x"] * 9),
        Loose(texts=["x"], nested={"a": [{"b": 1}]}),
        Loose(),
        [{"a": 1}, {"a": 2}],
        {"a": [{"b": 1}], "c": [1, 2, 3], "d": 0.5},
        ["a"],
        "ünï",
        None,
    ],
)
def test_a_body_is_what_the_result_is_as_json(value: Any) -> None:
    body, plain = Body.of(value), JSON.dump_python(value, mode="json")
    assert body.whole() == plain
    assert json.loads(b"".join(body.document())) == plain
    assert body.size_bytes() == len(b"".join(body.document()))
    assert body.count() == counted(plain)


def test_rows_that_are_kept_packed_are_counted_and_written_too() -> None:
    class Long(BaseModel, arbitrary_types_allowed=True):
        total: int
        rows: Rows

    rows = Rows()
    rows.extend([{"a": 1}, {"a": 2}])
    body = Body.of(Long(total=2, rows=rows))
    assert body.whole() == {"total": 2, "rows": [{"a": 1}, {"a": 2}]}
    assert json.loads(b"".join(body.document())) == body.whole()
    assert body.count() == 2
