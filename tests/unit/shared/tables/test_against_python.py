"""Any query over any rows answers what plain Python does."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.shared.tables import oracle
from tests.unit.shared.tables.conftest import in_process

TEXTS = ["", "a", "A", "ab", "b%", "_", "ß", "SS", "web-1", "Web-2", "'; DROP TABLE l; --"]
MOMENTS = ["2026-01-31T10:00:00+00:00", "2026-01-31T11:00:00+01:00", "2025-12-01", "2026-02-01T00:00:00.5Z"]
NUMBERS = st.one_of(st.integers(-3, 3), st.integers(-(2**62), 2**62), st.sampled_from([0.1, 0.2, 0.3, -1.5, 1e9, 2.5]))
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "size": NUMBERS,
    "name": st.sampled_from(TEXTS),
    "made": st.sampled_from(MOMENTS),
    "on": st.booleans(),
    "zones": st.lists(st.sampled_from(["a", "b", "Ab"]), max_size=3),
}
VALUES = {"size": NUMBERS, "name": CELLS["name"], "made": CELLS["made"], "on": st.booleans(), "zones": CELLS["name"]}
ORDERED = ("size", "name", "made")
TEXTUAL = ("name", "zones")


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows in which each column has one kind of value, or is null, or is not there."""
    row = st.fixed_dictionaries({}, optional={name: st.one_of(st.none(), cell) for name, cell in CELLS.items()})
    rows = draw(st.lists(row, max_size=12))
    # One row has everything: a column that no row has is refused.
    rows.append({"size": 1, "name": "x", "made": MOMENTS[0], "on": True, "zones": ["a"]})
    return rows


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    column = draw(st.sampled_from(sorted(CELLS)))
    ops = ["=", "!=", "in", "not_in", "is_empty", "not_empty"]
    ops += ["<", "<=", ">", ">="] if column in ORDERED else []
    ops += ["contains", "not_contains", "starts_with", "ends_with"] if column in TEXTUAL else []
    op = draw(st.sampled_from(ops))
    value: Any = draw(VALUES[column])
    if op in ("in", "not_in"):
        value = draw(st.lists(VALUES[column], max_size=3))
    return {"column": column, "op": op, "value": value}


def expected_in(condition: dict[str, Any]) -> dict[str, Any]:
    """Python compares a moment in a list as a text; the oracle is told all texts of the moment."""
    if condition["column"] == "made" and condition["op"] in ("in", "not_in"):
        same = [each for each in MOMENTS if oracle.comparable(each) in map(oracle.comparable, condition["value"])]
        return {**condition, "value": same}
    return condition


SORTS = st.lists(st.fixed_dictionaries({"column": st.sampled_from(ORDERED), "descending": st.booleans()}), max_size=3)
FEW = settings(max_examples=150)


@FEW
@given(tables(), st.lists(conditions(), max_size=3), st.lists(conditions(), max_size=2), SORTS, st.integers(1, 5))
def test_rows_are_filtered_sorted_and_cut_as_python_does(
    rows: list[Any], where: list[Any], where_any: list[Any], sort: list[Any], limit: int
) -> None:
    numbered = [{**row, "n": number} for number, row in enumerate(rows)]
    query = {"where": where, "where_any": where_any, "sort": sort, "limit": limit, "select": ["n"]}

    found, answer = in_process(query, {"rows": numbered})

    fitting = oracle.filtered(numbered, [expected_in(one) for one in where], [expected_in(one) for one in where_any])
    ordered = oracle.in_order(fitting, sort)
    assert [row["n"] for row in answer] == [row["n"] for row in ordered[:limit]]
    assert (found.matched, found.searched) == (len(ordered), len(rows))
    if sort and len(ordered) > limit:
        last, rest = ordered[limit - 1], ordered[limit:]
        assert found.tied_out == sum(_same(last, row, sort) for row in rest)


def _same(a: dict[str, Any], b: dict[str, Any], sort: list[Any]) -> bool:
    return all(oracle.comparable(a.get(each["column"])) == oracle.comparable(b.get(each["column"])) for each in sort)


@FEW
@given(
    tables(),
    st.lists(conditions(), max_size=2),
    st.lists(st.sampled_from(["name", "on", "made"]), max_size=2, unique=True),
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["count", "count_distinct"]), st.sampled_from(["size", "name", "made", "on"])),
            st.tuples(st.sampled_from(["sum", "avg"]), st.just("size")),
            st.tuples(st.sampled_from(["min", "max"]), st.sampled_from(["size", "name", "made"])),
            st.just(("count", None)),
        ),
        max_size=4,
        unique=True,
    ),
)
def test_groups_are_computed_as_python_does(
    rows: list[Any], where: list[Any], by: list[str], wanted: list[tuple[str, str | None]]
) -> None:
    aggregates = [{"op": op, "column": column, "name": f"x{number}"} for number, (op, column) in enumerate(wanted)]
    if not by and not aggregates:
        return

    _, answer = in_process({"where": where, "group_by": by, "aggregates": aggregates, "limit": 100}, {"rows": rows})

    asked = aggregates or [{"op": "count", "column": None, "name": "count"}]
    expected = oracle.grouped(oracle.filtered(rows, [expected_in(one) for one in where], []), by, asked)
    assert _as_set(answer) == _as_set(expected)


def _as_set(rows: list[dict[str, Any]]) -> list[Any]:
    """Rows without their order, times as moments: of two texts of one moment either may stand for it."""
    return sorted(repr(sorted((name, oracle.comparable(value)) for name, value in row.items())) for row in rows)


@FEW
@given(
    st.lists(st.fixed_dictionaries({"k": st.sampled_from([None, "a", "b", "c"]), "l": st.integers(0, 9)}), max_size=8),
    st.lists(st.fixed_dictionaries({"k": st.sampled_from([None, "a", "b"]), "r": st.integers(0, 9)}), max_size=8),
    st.booleans(),
)
def test_a_join_pairs_rows_as_python_does(left: list[Any], right: list[Any], keep: bool) -> None:
    left, right = [*left, {"k": "a", "l": 1}], [*right, {"k": "a", "r": 2}]
    join = {"ref": "res_info_x", "left": "k", "right": "k", "keep_unmatched": keep}

    _, answer = in_process({"join": join, "select": ["l", "joined.r"], "limit": 1000}, {"a": left}, {"b": right})

    expected = []
    for one in left:
        others = [other["r"] for other in right if one["k"] is not None and one["k"] == other["k"]]
        expected += [(one["l"], r) for r in others or ([None] if keep else [])]
    assert [(row["l"], row["joined.r"]) for row in answer] == expected
