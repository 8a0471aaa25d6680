"""Writes the table into docs/performance.md, between its two marks; the words around them are written by hand."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.frame import HEADINGS, Row

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def markdown(rows: Sequence[Row]) -> str:
    """When and where it was measured, and the table."""
    when = datetime.now(UTC).strftime("%-d %B %Y")
    lines = [f"Measured on {when}: {os.cpu_count()} cores, Python {platform.python_version()}.", ""]
    lines += [f"| {' | '.join(HEADINGS)} |", f"|{'---|' * len(HEADINGS)}"]
    lines += [f"| {' | '.join(row.cells())} |" for row in rows]
    notes = [f"- {row.work}: {row.note}" for row in rows if row.note]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def write(rows: Sequence[Row], page: Path = PAGE) -> None:
    """Replace what stands between the marks."""
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{markdown(rows)}\n{END}{after}")
