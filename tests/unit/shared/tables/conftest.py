"""Stored results to compute over: in this process, and in the bounded child."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.results import records
from shared.tables.computing import Tables
from shared.tables.inside.running import run
from shared.tables.query import Answered, Query

Ask = Callable[..., tuple[Answered, list[dict[str, Any]]]]


def in_process(query: dict[str, Any], *documents: Any) -> tuple[Any, list[dict[str, Any]]]:
    """A query as the child runs it, without the child."""
    checked = Query.model_validate(query)
    asked = checked.model_dump(mode="json")
    for given, aggregate in zip(checked.aggregates, asked["aggregates"], strict=True):
        aggregate["name"] = given.called
    found = run(asked, [json.dumps(document) for document in documents])
    return found, list(found.rows)


def packed(document: Any) -> bytes:
    return records.pack([json.dumps(document).encode()])


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    made = Tables()
    yield made
    made.stop()


@pytest.fixture
def ask(tables: Tables) -> Ask:
    """ask(document, other?, **query): the answer of a child process, and its rows."""

    def asked(*documents: Any, **query: Any) -> tuple[Answered, list[dict[str, Any]]]:
        answered, rows = tables.query(Query.model_validate(query), [packed(each) for each in documents], 60)
        return answered, list(rows)

    return asked
