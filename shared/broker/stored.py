"""Reads records that another version may have stored. One that cannot be read is logged, and does not end a list."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from shared.errors import Unavailable

log = structlog.get_logger(__name__)
R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record that is there and that this version cannot read: its id, and why not."""

    id: str
    why: str


def unreadable(kind: str, error: ValidationError) -> Unavailable:
    """The error for a record (`kind`: "plan", "turn" …) that this version cannot read; it is logged."""
    fields = sorted({".".join(str(part) for part in item["loc"]) for item in error.errors(include_input=False)})
    log.error("record_unreadable", kind=kind, fields=fields[:10])
    return _unreadable(kind, ", ".join(fields[:5]) or "no JSON")


def _unreadable(kind: str, why: str) -> Unavailable:
    return Unavailable(
        f"the stored {kind} is not in a form that this version reads ({why}): "
        "a newer version wrote it, or it is damaged. Upgrade this service; if it is the newest, look in its log",
        code="record_unreadable",
    )


def read(model: type[R], text: str | bytes) -> R:
    """The record in `text`. Raises Unavailable (`record_unreadable`)."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise unreadable(model.__name__.lower(), error) from None


def read_value(model: type[R], value: object) -> R:
    """The record that is this JSON value. Raises Unavailable (`record_unreadable`)."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise unreadable(model.__name__.lower(), error) from None


def read_object(kind: str, text: str | bytes, *fields: str) -> dict[str, Any]:
    """The JSON object in `text` with these fields at least. Raises Unavailable (`record_unreadable`)."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    missing = sorted(set(fields) - set(found)) if isinstance(found, dict) else []
    if not isinstance(found, dict) or missing:
        log.error("record_unreadable", kind=kind, fields=missing)
        raise _unreadable(kind, ", ".join(missing) or "no JSON object")
    return found


def read_all(
    model: type[R], stored: Iterable[tuple[str, str | bytes | None]]
) -> tuple[list[R], list[UnreadableRecord]]:
    """The records that are there, by id, in this order: those that can be read, and those that cannot."""
    found, unread = [], []
    for name, text in stored:
        if text is None:
            continue
        try:
            found.append(read(model, text))
        except Unavailable as error:
            unread.append(UnreadableRecord(name, error.detail))
    return found, unread
