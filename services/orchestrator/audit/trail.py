"""The gateway's audit: appends to the log, anchors outside Redis, and the check of a whole log.

Each append adds a signed anchor line to `AUDIT_ANCHOR_FILE`. An attacker who can rewrite all of Redis, even with the
audit key, cannot make a rewritten log agree with that file.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.settings import GatewaySettings
from shared.audit.chain import Head, Report, check, make_anchor, writer_keys
from shared.audit.log import Actor, AsyncAuditLog, Entry, not_written, parsed, service_log, unavailable
from shared.errors import AssistantError
from shared.signing import canonical

log = structlog.get_logger(__name__)

SERVICE = "gateway"
PAGE = 500


class AuditTrail:
    """One per gateway process. Recording raises Unavailable (`audit_unavailable`) where it is not possible."""

    def __init__(self, redis: Redis, settings: GatewaySettings) -> None:
        self._key = settings.audit_key.get_secret_value().encode()
        self._log = AsyncAuditLog(redis, SERVICE, self._key, settings.audit_keep_seconds)
        self._file = Path(settings.audit_anchor_file) if settings.audit_anchor_file else None

    async def record(self, session_id: str, *entries: Entry, actor: Actor | None = None) -> None:
        """Append to a session's log and anchor its head."""
        self._anchor(session_id, await self._log.append(session_id, *entries, actor=actor))

    async def record_service(self, entry: Entry) -> None:
        """Append to the gateway's own log, for events that belong to no session."""
        await self.record(service_log(SERVICE), entry)

    async def denied(self, session_id: str, data: Mapping[str, Any]) -> None:
        """Record a refusal. The request stays refused also where this fails, so a failure is only logged."""
        try:
            await self.record(session_id, Entry("denied", data))
        except AssistantError as error:
            log.error("denial_audit_failed", code=error.code, session_id=session_id)

    async def head(self, session_id: str) -> Head:
        """Where a log ends now."""
        try:
            return await self._log.head(session_id)
        except RedisError as error:
            raise not_written(error) from None

    def anchor(self, session_id: str, head: Head) -> dict[str, Any]:
        """A signed anchor of this head."""
        return make_anchor(session_id, head, self._key)

    async def page(self, session_id: str, after: int, limit: int) -> list[tuple[int, Any]]:
        """Number and entry of those after number `after`."""
        try:
            return [(number, parsed(text)) for number, text in await self._log.read(session_id, after, limit)]
        except RedisError as error:
            raise not_written(error) from None

    async def export(self, session_id: str, head: Head) -> AsyncIterator[str]:
        """The log up to `head` as lines of JSON, the last one its anchor."""
        async for text in self._texts(session_id, head.seq):
            yield text + "\n"
        yield canonical({"anchor": self.anchor(session_id, head)}) + "\n"

    async def verify(self, session_id: str) -> Report:
        """Check the log against its chain, its writers' signatures, its head and every anchor in the file."""
        head = await self.head(session_id)
        entries = [parsed(text) async for text in self._texts(session_id)]
        return await asyncio.to_thread(self._check, session_id, entries, head)

    def _check(self, session_id: str, entries: list[Any], head: Head) -> Report:
        anchors = [self.anchor(session_id, head), *self._anchors(session_id)]
        return check(entries, anchors, keys=writer_keys(self._key), session_id=session_id)

    async def _texts(self, session_id: str, until: int | None = None) -> AsyncIterator[str]:
        read = 0
        while found := await self._log.read(session_id, read, PAGE, until):
            for _, text in found:
                yield text
            read = found[-1][0]

    def _anchors(self, session_id: str) -> list[Mapping[str, Any]]:
        if self._file is None or not self._file.exists():
            return []
        with self._file.open(encoding="utf-8") as lines:
            found = (parsed(line) for line in lines if session_id in line)
            return [one for one in found if isinstance(one, dict) and one.get("session_id") == session_id]

    def _anchor(self, session_id: str, head: Head) -> None:
        if self._file is None:
            return
        line = canonical(self.anchor(session_id, head)) + "\n"
        try:
            handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())  # one write: lines of several gateways do not mix
            finally:
                os.close(handle)
        except OSError as error:
            raise unavailable(f"no anchor: {type(error).__name__}") from None
