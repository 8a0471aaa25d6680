"""Browsers in which a session is open, and the links that open one.

A browser has a cookie: 256 random bits that name a record here and are worth nothing at the REST API. Stored are only
their hashes, under `session:web:` and `session:link:`, and no longer than the session lasts.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from typing import Any

from redis.asyncio import Redis

from services.orchestrator.sessions.session import Session
from shared.broker.stored import read
from shared.keys.sealed_values import ValueKey, wrapped
from shared.messages import Identifier, Record

LINK_SECONDS = 120
_SECRET = re.compile(r"^[A-Za-z0-9_-]{43}$")


class Browser(Record):
    """One browser with an open session. `csrf` stands in every form that this browser is shown."""

    session_id: Identifier
    csrf: str
    # What opens values that were sealed for the session, encrypted under the cookie; None in records of before.
    value_key: str | None = None


class Ticket(Record):
    """A link that opens a session once. `value_key` as in `Browser`, encrypted under the link's ticket."""

    session_id: Identifier
    value_key: str | None = None


class Browsers:
    """Admit, find and forget browsers; make links and take them once."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def admit(self, session: Session, key: ValueKey | None) -> str:
        """Open the session in a browser; return what its cookie holds. `key` opens the session's sealed values."""
        cookie = secrets.token_urlsafe(32)
        browser = Browser(
            session_id=session.session_id,
            csrf=secrets.token_urlsafe(32),
            value_key=wrapped(key, cookie) if key else None,
        )
        await self._redis.set(_cookie_key(cookie), browser.model_dump_json(), ex=session.remaining())
        return cookie

    async def find(self, cookie: str) -> Browser | None:
        """The browser that the cookie names; None where there is none any more."""
        stored: Any = await self._redis.get(_cookie_key(cookie)) if _SECRET.match(cookie) else None
        return read(Browser, stored) if stored else None

    async def forget(self, cookie: str) -> None:
        """The cookie names nothing from now on."""
        if _SECRET.match(cookie):
            await self._redis.delete(_cookie_key(cookie))

    async def make_link(self, session: Session, key: ValueKey) -> tuple[str, float]:
        """A ticket that opens the session in one browser, once; and when it ends, in Unix seconds."""
        ticket, seconds = secrets.token_urlsafe(32), min(LINK_SECONDS, session.remaining())
        kept = Ticket(session_id=session.session_id, value_key=wrapped(key, ticket))
        await self._redis.set(_ticket_key(ticket), kept.model_dump_json(), ex=seconds)
        return ticket, time.time() + seconds

    async def look_at(self, ticket: str) -> Ticket | None:
        """What the ticket would open; it stays good."""
        found: Any = await self._redis.get(_ticket_key(ticket)) if _SECRET.match(ticket) else None
        return _read_ticket(str(found)) if found else None

    async def take(self, ticket: str) -> Ticket | None:
        """What the ticket opens; None where it was taken before, or is too old."""
        found = await self.look_at(ticket)
        # Of several that come at the same time one alone removes it.
        taken = found is not None and await self._redis.delete(_ticket_key(ticket))
        return found if taken else None


def _read_ticket(stored: str) -> Ticket:
    """A ticket as it is stored; one that an older gateway made is the session's id alone."""
    return read(Ticket, stored) if stored.startswith("{") else Ticket(session_id=stored)


def _cookie_key(cookie: str) -> str:
    return f"session:web:{hashlib.sha256(cookie.encode()).hexdigest()}"


def _ticket_key(ticket: str) -> str:
    return f"session:link:{hashlib.sha256(ticket.encode()).hexdigest()}"
