"""Whatever a result or a query is like, it is answered or refused within bounds, and the process that asked stays."""

from __future__ import annotations

import json
import resource
import zlib
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from shared.errors import AssistantError
from shared.results import records
from shared.tables.computing import LIMITS, Tables
from shared.tables.query import Query
from tests.unit.shared.tables.conftest import Ask, in_process, packed

NASTY = [
    "\x00",
    '"; DROP TABLE l; --',
    "v0",
    "n",
    "l.n",
    "joined.x",
    "a.b",
    "",
    " ",
    "é" * 50,
    "\ud800",
    "%s",
    "?1",
    "*",
]


def refusal(ask: Ask, *documents: Any, **query: Any) -> str:
    with pytest.raises(AssistantError) as raised:
        ask(*documents, **query)
    assert len(raised.value.detail) < 20_000
    return raised.value.code


@pytest.mark.parametrize("name", [name for name in NASTY if name])
def test_any_name_and_any_text_is_a_column_and_a_value_and_nothing_else(name: str) -> None:
    rows = [{name: text, "other": number} for number, text in enumerate(NASTY)]
    shown = [text if text != "\ud800" else "?" for text in NASTY]
    _, found = in_process({"select": [name], "sort": [{"column": "other"}]}, rows)
    assert [row[name] for row in found] == shown
    for number, text in enumerate(shown):
        _, found = in_process({"where": [{"column": name, "op": "=", "value": text}], "select": ["other"]}, rows)
        assert found == [{"other": number}]
    _, groups = in_process({"group_by": [name], "aggregates": [{"op": "count", "name": "'\"; --"}]}, rows)
    assert sorted(row[name] for row in groups) == sorted(shown)


def test_a_join_that_explodes_is_refused_before_it_is_made(ask: Ask) -> None:
    same = [{"k": 1, "n": number} for number in range(20_000)]
    join = {"ref": "res_info_x", "left": "k", "right": "k"}
    assert refusal(ask, same, same, join=join, aggregates=[{"op": "count"}]) == "query_too_costly"
    found, _ = ask(same, same, join=join, where=[{"column": "n", "op": "<", "value": 3}], limit=1)
    assert found.matched == 60_000


@pytest.mark.parametrize(
    "document",
    [
        "[" * 100_000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "[{" + '"a":{' * 300 + "}" * 300 + "}]",
        '[{"a": 1}, {"a": ]',
        '{"rows": [{"a": 1}',
        "nonsense",
        "",
        "[1e999, NaN, Infinity]",
    ],
    ids=range(8),
)
def test_a_document_that_is_no_result_of_ours_is_refused_or_read(tables: Tables, document: str) -> None:
    try:
        found, _ = tables.query(Query(), [records.pack([document.encode()])], 60)
        outcome = str(found.searched)
    except AssistantError as error:
        outcome = error.code
    assert outcome in ("query_too_costly", "invalid_arguments", "1", "3")


def test_rows_of_thousands_of_columns_are_searched_and_described(tables: Tables, ask: Ask) -> None:
    wide = [{f"c{row}_{column}": column for column in range(3000)} for row in range(20)]
    assert ask(wide, where=[{"column": "c19_2999", "op": "=", "value": 2999}], select=["c19_2999"])[0].matched == 1
    assert refusal(ask, wide, select=["c20_1"]) == "unknown_column"
    overview = tables.describe(packed(wide), 60)
    assert len(overview.columns) == 60
    assert overview.columns_left_out > 1000


@pytest.mark.parametrize("pattern", ["(a+)+$", "%" * 1000, "a" * 100_000, ".*" * 500, "[a-z]*"], ids=range(5))
def test_a_pattern_is_only_a_text(ask: Ask, pattern: str) -> None:
    rows = [{"name": "a" * 5000}, {"name": pattern}]
    assert ask(rows, where=[{"column": "name", "op": "contains", "value": pattern}])[0].matched >= 1
    assert ask(rows, where=[{"column": "name", "op": "ends_with", "value": pattern}])[0].matched >= 1


def test_numbers_of_any_size_are_read(ask: Ask) -> None:
    rows = [{"n": 10**400}, {"n": 2**70}, {"n": -(2**63)}, {"n": 1e308}, {"n": 5}]
    _, found = ask(rows, sort=[{"column": "n"}], select=["n"])
    assert [row["n"] for row in found] == [-(2**63), 5, float(2**70), 1e308, None]
    assert ask(rows, aggregates=[{"op": "sum", "column": "n"}])[1][0]["sum_n"] == pytest.approx(1e308)


@pytest.mark.parametrize(
    "query",
    [
        {"where": [{"column": "a", "op": "=", "value": 1}] * 51},
        {"select": ["a"] * 101},
        {"aggregates": [{"op": "count", "name": f"c{number}"} for number in range(21)]},
        {"limit": 50_001},
        {"limit": 0},
        {"select": ["a" * 301]},
        {"where": [{"column": "a", "op": "like", "value": "x"}]},
        {"where": [{"column": "a", "op": "=", "value": 1, "sql": "1"}]},
        {"sql": "SELECT 1"},
    ],
)
def test_a_query_over_its_bounds_is_not_begun(query: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Query.model_validate(query)


def test_memory_is_bounded_and_stays_out_of_the_process_that_asks() -> None:
    small = Tables(replace(LIMITS, memory_bytes=64 * 1024 * 1024))
    rows = packed([{f"c{column}": f"{row}-{column}" for column in range(20)} for row in range(20_000)])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with pytest.raises(AssistantError) as raised:
            small.query(Query(select=tuple(f"c{column}" for column in range(20))), [rows], 60)
        assert raised.value.code == "query_too_costly"
        assert small.query(Query(), [packed([{"a": 1}])], 60)[0].matched == 1
    finally:
        small.stop()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_a_query_that_takes_too_long_is_ended() -> None:
    hurried = Tables(replace(LIMITS, cpu_seconds=600, seconds=0.2))
    rows = packed([{"a": "x" * 100} for _ in range(100_000)])
    try:
        with pytest.raises(AssistantError) as raised:
            hurried.query(Query(), [rows], 60)
    finally:
        hurried.stop()
    assert (raised.value.code, "0.2 s" in raised.value.detail) == ("query_too_costly", True)


def test_the_time_of_the_call_counts_too(tables: Tables) -> None:
    with pytest.raises(AssistantError) as raised:
        tables.query(Query(), [packed([{"a": 1}])], 0.0)
    assert raised.value.code == "deadline_exceeded"


def test_what_is_packed_and_grows_without_end_is_not_unpacked(tables: Tables) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(b" " * 1_000_000) for _ in range(200)) + packer.flush()
    with pytest.raises(AssistantError) as raised:
        tables.query(Query(), [bomb], 60)
    assert raised.value.code == "query_too_costly"


def test_the_answer_of_a_query_is_bounded() -> None:
    narrow = Tables(replace(LIMITS, result_bytes=10_000))
    try:
        with pytest.raises(AssistantError) as raised:
            narrow.query(Query(), [packed([{"a": "x" * 1000} for _ in range(100)])], 60)
        assert raised.value.code == "query_too_costly"
        _, rows = narrow.query(Query(limit=5), [packed([{"a": "x" * 1000} for _ in range(100)])], 60)
        assert len(rows) == 5
    finally:
        narrow.stop()


def test_lines_of_text_stay_within_their_row(ask: Ask) -> None:
    rows = [{"a": "one\ntwo\r\n\u2028three"}, {"a": "four"}]
    assert ask(rows)[1] == json.loads(json.dumps(rows))


def test_the_processes_of_a_worker_share_what_it_may_compute_at_once() -> None:
    for processes, at_once in ((1, 2), (2, 1), (5, 1)):
        tables = Tables()
        tables.share(processes)
        assert tables.limits.at_once == at_once
