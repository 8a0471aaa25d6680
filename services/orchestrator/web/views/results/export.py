"""A table as CSV (RFC 4180), in which no cell is a formula to a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from shared.plans.page.documents import inline_json

# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(rows: Sequence[Mapping[str, JsonValue]]) -> str:
    """All rows, with the columns of all of them."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_safe(name) for name in columns])
    writer.writerows([[_value(row.get(name)) for name in columns] for row in rows])
    return text.getvalue()


def _value(value: JsonValue) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _safe(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else inline_json(value)


def _safe(text: str) -> str:
    """A text that a spreadsheet would calculate gets an apostrophe, which spreadsheets do not show."""
    return f"'{text}" if text.startswith(_FORMULA) else text
