"""What is told of a stored result in place of its rows, as small as a message allows whatever AWS's answer is like."""

from __future__ import annotations

import structlog

from shared.errors import AssistantError
from shared.messages import Column, Overview
from shared.results.body import Body
from shared.tables.computing import TABLES
from shared.text.shorten import shorten, size_of

log = structlog.get_logger(__name__)

SAMPLE_CHARS = 6_000
REST_CHARS = 8_000
COLUMNS_CHARS = 8_000
# Longer names are no property of AWS; a tag's key has 128 characters.
MAX_NAME_CHARS = 200


def overview_of(body: Body, packed: bytes, seconds: float) -> Overview:
    """The overview of a result, described in a child process within so many seconds.

    Where that is not possible, it has no columns; the result is there all the same.
    """
    try:
        return bounded(TABLES.describe(packed, seconds))
    except AssistantError as error:
        log.warning("result_not_described", code=error.code, detail=error.detail)
        return Overview(rows=body.rows_name or "", row_count=body.count() or 0)


def bounded(overview: Overview) -> Overview:
    """The same with a shorter sample, and as many columns as fit."""
    columns: list[Column] = []
    room = COLUMNS_CHARS
    for column in overview.columns:
        room -= size_of(column.model_dump(mode="json"))
        if room < 0:
            break
        if len(column.name) <= MAX_NAME_CHARS:
            columns.append(column)
    sample, _ = shorten(list(overview.sample), SAMPLE_CHARS)
    rest, _ = shorten(overview.rest, REST_CHARS)
    return overview.model_copy(
        update={
            "columns": tuple(columns),
            "columns_left_out": overview.columns_left_out + len(overview.columns) - len(columns),
            "sample": tuple(sample) if isinstance(sample, list) else (sample,),
            "rest": rest if isinstance(rest, dict) else {},
            "other_lists": dict(list(overview.other_lists.items())[:20]),
        }
    )
