"""Rows as a table for a person, or as CSV for a program."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from cli.terminal.invocation import Invocation
from cli.terminal.rows import Row, cell, columns_of, is_table, main_rows
from cli.terminal.text import line, styled

# A spreadsheet takes a text that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@")
# What is wider than this many terminals is easier to read a row at a time.
WRAPPED_AT_MOST = 1.5
Pick = Callable[[Row], Row]


def give_list(invocation: Invocation, answer: dict[str, Any], pick: Pick, *, empty: str) -> None:
    """Answer with a list of REST: as it came, as CSV, or as a table. `pick` says which columns a row has."""
    if invocation.format == "json":
        invocation.json(answer)
        return
    rows = [pick(item) for item in answer["items"]]
    if invocation.format == "csv":
        write_csv(rows)
    elif rows:
        show_table(invocation.out, rows)
    else:
        invocation.say(empty)
    for one in answer.get("unreadable") or []:
        invocation.say(f"not shown: {' '.join(str(value) for value in one.values())}")
    if answer.get("more"):
        invocation.say("there are more: --limit says how many are shown")


def give_result(invocation: Invocation, result: Any) -> None:
    """Print a tool's result: what is a single value as lines, each list of objects as a table, the largest as CSV."""
    if invocation.format == "csv":
        write_csv(main_rows(result)[1])
        return
    if isinstance(result, list) and is_table(result):
        show_table(invocation.out, result)
    elif isinstance(result, dict):
        invocation.facts((name, cell(value)) for name, value in result.items() if not is_table(value))
        for name, value in result.items():
            if is_table(value):
                invocation.out.print()
                invocation.out.print(line((name, "bold")))
                show_table(invocation.out, value)
    else:
        invocation.show(cell(result) if not isinstance(result, str) else result)


def show_table(console: Console, rows: Sequence[Row]) -> None:
    """Print all rows. A pipe gets a table of whole cells.

    At a terminal, a table that is too wide loses first the columns that say the same in every row, which are told once;
    what is still far too wide is told a row at a time. Nothing is left out.
    """
    names = sorted(columns_of(rows), key=lambda name: not _names_a_row(name))
    if not console.is_terminal or _width(rows, names) <= console.width:
        console.print(_table(rows, names, console))
        return
    same = {name: cell(rows[0].get(name)) for name in names if len({cell(row.get(name)) for row in rows}) == 1}
    if len(rows) > 1 and same:
        told = ", ".join(f"{name} {value or '-'}" for name, value in same.items())
        console.print(line(("in every row: ", "dim"), told))
        names = [name for name in names if name not in same]
    if _width(rows, names) <= WRAPPED_AT_MOST * console.width:
        console.print(_table(rows, names, console))
        return
    for row in rows:
        for name in names:
            console.print(line((f"{name}: ", "bold"), cell(row.get(name))))
        console.print()


def _names_a_row(column: str) -> bool:
    return column == "name" or column.endswith(("_name", "_id"))


def _width(rows: Sequence[Row], names: Sequence[str]) -> int:
    """How many columns of a terminal a table needs for no cell to be wrapped."""
    widest = (max(cell_len(name), *(cell_len(cell(row.get(name))) for row in rows)) for name in names)
    return sum(width + 2 for width in widest) - 2


def _table(rows: Sequence[Row], names: Sequence[str], console: Console) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        number = all(isinstance(row.get(name), int | float) for row in rows)
        made.add_column(
            styled(name), justify="right" if number else "left", no_wrap=not console.is_terminal, overflow="fold"
        )
    for row in rows:
        made.add_row(*(styled(cell(row.get(name))) for name in names))
    return made


def write_csv(rows: Sequence[Row]) -> None:
    """All columns of all rows (RFC 4180). A text that a spreadsheet would run gets an apostrophe before it."""
    names = columns_of(rows)
    writer = csv.writer(sys.stdout)
    writer.writerow(_harmless(name) for name in names)
    for row in rows:
        writer.writerow(_harmless(row.get(name)) for name in names)
    sys.stdout.flush()


def _harmless(value: Any) -> str:
    text = cell(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
