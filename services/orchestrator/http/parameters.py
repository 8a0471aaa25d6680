"""Parameters that several routes take."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from services.orchestrator.paging import MAX_CURSOR_CHARS

Cursor = Annotated[
    str | None,
    Query(
        description="`next_cursor` of the page before; left out for the first page.",
        # Not checked here: every bad cursor is answered alike.
        json_schema_extra={"maxLength": MAX_CURSOR_CHARS},
        examples=["cGxhbnMgMTc5NTM3NDY3NS4zODEgcGxuXzhkMmY2YjFjMDllMzRhNTdiMWYwYzJkNA"],
    ),
]
