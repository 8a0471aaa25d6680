"""Cursor pages, the same for every list: `items`, and `next_cursor`, an opaque text or null on the last page.

A cursor says after which entry of which list a page begins; it stays good when that entry is gone. Raises BadRequest
(`invalid_cursor`) where a client sends one that no page of the list gave.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from math import isfinite
from typing import Any

from redis.asyncio import Redis

from shared.errors import BadRequest

MAX_CURSOR_CHARS = 200
# The largest number that Redis takes in a stream's id.
MAX_NUMBER = 2**63 - 1
# Entries of the very same time that a page may have to step over.
_TIES = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry is in a sorted set of Redis: its score, and its name among those of the same score."""

    score: float
    name: str


def encode(list_name: str, *parts: str) -> str:
    """A cursor of this list."""
    return base64.urlsafe_b64encode(" ".join((list_name, *parts)).encode()).decode().rstrip("=")


def decode(list_name: str, cursor: str, count: int) -> list[str]:
    """The `count` parts of a cursor of this list. Raises BadRequest (`invalid_cursor`)."""
    if len(cursor) > MAX_CURSOR_CHARS:
        raise invalid()
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, binascii.Error):
        raise invalid() from None
    name, *parts = text.split(" ")
    if name != list_name or len(parts) != count or encode(name, *parts) != cursor:
        raise invalid()
    return parts


def invalid() -> BadRequest:
    return BadRequest(
        "the cursor is not one of this list's; take `next_cursor` as it came, or leave it out for the first page",
        code="invalid_cursor",
    )


def encode_place(list_name: str, place: Place) -> str:
    """The cursor of the page after `place`."""
    return encode(list_name, repr(place.score), place.name)


def decode_place(list_name: str, cursor: str | None) -> Place | None:
    """What `encode_place` encoded; None without a cursor. Raises BadRequest (`invalid_cursor`)."""
    if cursor is None:
        return None
    score, name = decode(list_name, cursor, 2)
    try:
        place = Place(float(score), name)
    except ValueError:
        raise invalid() from None
    if not isfinite(place.score):
        raise invalid()
    return place


def decode_number(list_name: str, cursor: str | None) -> int:
    """The number of the last entry seen, 0 without a cursor. Raises BadRequest (`invalid_cursor`)."""
    if cursor is None:
        return 0
    [number] = decode(list_name, cursor, 1)
    if not (number.isascii() and number.isdigit() and int(number) <= MAX_NUMBER):
        raise invalid()
    return int(number)


async def newest_first(redis: Redis, index: str, limit: int, after: Place | None) -> tuple[list[Place], bool]:
    """The newest `limit` entries of a sorted set, or those that follow `after`; and whether there are more."""
    highest = "+inf" if after is None else repr(after.score)
    found: Any = await redis.zrevrangebyscore(index, highest, "-inf", start=0, num=limit + _TIES, withscores=True)
    places = [Place(float(score), str(name)) for name, score in found]
    if after is not None:
        places = [one for one in places if one.score < after.score or one.name < after.name]
    return places[:limit], len(places) > limit
