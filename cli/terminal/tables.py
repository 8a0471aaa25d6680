"""Rows as a table for a person, or as CSV for a program."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.terminal.invocation import Invocation
from cli.terminal.rows import MAX_COLUMNS, Row, cell, columns_of, is_table, main_rows
from cli.terminal.text import line, styled

# A spreadsheet takes a text that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@")
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
        invocation.out.print(table(rows, invocation.out))
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
        invocation.out.print(table(result, invocation.out))
    elif isinstance(result, dict):
        invocation.facts((name, cell(value)) for name, value in result.items() if not is_table(value))
        for name, value in result.items():
            if is_table(value):
                invocation.out.print()
                invocation.out.print(line((name, "bold")))
                invocation.out.print(table(value, invocation.out))
    else:
        invocation.show(cell(result) if not isinstance(result, str) else result)


def table(rows: Sequence[Row], console: Console) -> Table:
    """A table of all rows. A pipe gets every cell whole; a terminal wraps them."""
    names = columns_of(rows)
    shown = names[:MAX_COLUMNS]
    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for name in shown:
        number = all(isinstance(row.get(name), int | float) for row in rows)
        made.add_column(
            styled(name), justify="right" if number else "left", no_wrap=not console.is_terminal, overflow="fold"
        )
    for row in rows:
        made.add_row(*(styled(cell(row.get(name))) for name in shown))
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
