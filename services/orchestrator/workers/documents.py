"""What a worker has stored of a large result: read as values, or as text that is only looked through."""

from __future__ import annotations

import asyncio
import json
from typing import NoReturn

from pydantic import JsonValue
from redis.asyncio import Redis

from shared.errors import Unavailable
from shared.messages import ToolResult
from shared.results import records

# A stored result up to this size comes whole with a call's answer; of a larger one only the first rows do.
MAX_WHOLE_BYTES = 8 * 1024 * 1024


async def with_whole(redis: Redis, result: ToolResult, session_id: str) -> ToolResult:
    """The result with what is stored of it; one that is larger than a reader takes keeps the start of its list."""
    if result.result_ref is None or result.result is not None:
        return result
    stored = await records.find(redis, session_id, result.result_ref)
    whole = await asyncio.to_thread(_read_within, stored)
    if whole is None:
        return result.model_copy(update={"result": _start_of(result), "shortened": True})
    return result.model_copy(update={"result": whole[0]})


async def with_document(redis: Redis, result: ToolResult, session_id: str) -> tuple[ToolResult, bytes | None]:
    """The result, and all of it as JSON where it is stored: looked through, never read into objects.

    One that is larger than a reader takes has the start of its list in it instead. Raises Unavailable
    (`record_unreadable`) for what is no JSON.
    """
    if result.result_ref is None or result.result is not None:
        return result, None
    stored = await records.find(redis, session_id, result.result_ref)
    document = await asyncio.to_thread(_text_within, stored)
    if document is None:
        return result.model_copy(update={"result": _start_of(result), "shortened": True}), None
    return result, document


def _read_within(stored: records.StoredResult) -> tuple[JsonValue] | None:
    document = stored.document_within(MAX_WHOLE_BYTES)
    return None if document is None else (json.loads(document),)


def _text_within(stored: records.StoredResult) -> bytes | None:
    document = stored.document_within(MAX_WHOLE_BYTES)
    if document is not None:
        _check_json(document)
    return document


def _check_json(document: bytes) -> None:
    """Raise Unavailable (`record_unreadable`) for what is no JSON in UTF-8, of which a worker may be hostile.

    The hook keeps no object, and lets other threads go on between two objects: `json.loads` alone would stop them all
    for as long as it takes.
    """
    try:
        json.loads(document.decode(), object_pairs_hook=lambda _: None, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unavailable("the stored result is damaged (no JSON); ask again", code="record_unreadable") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _start_of(result: ToolResult) -> JsonValue:
    """The result's own shape, with the first rows of its list only."""
    if result.overview is None:
        return None
    sample = list(result.overview.sample)
    return {**result.overview.rest, result.overview.rows: sample} if result.overview.rows else sample
