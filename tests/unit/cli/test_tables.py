"""Tables: whole in a pipe, readable at a terminal, and nothing left out in either."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from cli.terminal.rows import main_rows
from cli.terminal.tables import show_table


def shown(rows: list[dict[str, Any]], width: int, *, terminal: bool = True) -> list[str]:
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=terminal, color_system=None, markup=False, emoji=False, soft_wrap=True
    )
    show_table(console, rows)
    return [line.rstrip() for line in out.getvalue().splitlines()]


ROWS = [
    {"size": 7, "method": "listing", "region": "eu-west-1", "bucket_name": "acme-one"},
    {"size": 12, "method": "listing", "region": "us-east-1", "bucket_name": "acme-three"},
]


def test_a_table_begins_with_what_names_its_rows() -> None:
    assert shown(ROWS, 60) == [
        "bucket_name  size  method   region",
        "acme-one        7  listing  eu-west-1",
        "acme-three     12  listing  us-east-1",
    ]


def test_what_every_row_says_is_told_once_where_there_is_no_room() -> None:
    assert shown(ROWS, 30) == [
        "in every row: method listing",
        "bucket_name  size  region",
        "acme-one        7  eu-west-1",
        "acme-three     12  us-east-1",
    ]


def test_what_fits_in_no_table_is_told_a_row_at_a_time() -> None:
    rows = [{"name": f"{letter}" * 30, "about": letter * 30} for letter in "ab"]
    assert shown(rows, 40) == [
        f"name: {'a' * 30}",
        f"about: {'a' * 30}",
        "",
        f"name: {'b' * 30}",
        f"about: {'b' * 30}",
        "",
    ]


def test_a_pipe_gets_every_cell_whole() -> None:
    [_, row] = shown([{"name": "x" * 500, "other": "y"}], 1000, terminal=False)
    assert row == f"{'x' * 500}  y"


def test_a_missing_cell_is_empty_and_no_row_is_lost() -> None:
    assert shown([{"a": 1}, {"b": None}, {"b": "x"}], 60) == ["a  b", "1", "", "   x"]


def test_the_rows_that_a_person_means_are_the_most() -> None:
    result = {"total": 3, "few": [{"x": 1}], "many": [{"y": 1}, {"y": 2}], "names": ["a", "b"], "none": []}
    assert main_rows(result) == ("many", [{"y": 1}, {"y": 2}])
    assert main_rows({"total": 3}) == (None, [{"total": 3}])
    assert main_rows(["a", {"b": 1}]) == (None, [{"value": "a"}, {"b": 1}])
    assert main_rows("text") == (None, [{"value": "text"}])
