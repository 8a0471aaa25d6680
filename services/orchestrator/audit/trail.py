"""The gateway's audit: appends to the log, anchors outside Redis, and the check of a whole log.

Each append adds a signed anchor line to `AUDIT_ANCHOR_FILE`. An attacker who can rewrite all of Redis, even with the
audit key, cannot make a rewritten log agree with that file. The workers keep anchors of their own, which the gateway
does not see: `assistant audit verify` compares a log with all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.settings import GatewaySettings
from shared.audit.anchors import make_anchor
from shared.audit.chain import check
from shared.audit.log import Actor, AsyncAuditLog, Entry, Writer, not_written, parsed, service_log
from shared.audit.report import EXPORT_CANNOT_SHOW, Head, Report
from shared.audit.signers import Keyring, PublicKey, SharedKey
from shared.errors import AssistantError
from shared.keys.signing import canonical
from shared.messages import AGENTS
from shared.plans.decisions import Person

log = structlog.get_logger(__name__)

SERVICE: Final = "gateway"
PAGE = 500


class AuditTrail:
    """One per gateway process. Recording raises Unavailable (`audit_unavailable`) where it is not possible."""

    def __init__(self, redis: Redis, settings: GatewaySettings) -> None:
        key = settings.audit_key.get_secret_value().encode()
        public_keys: dict[str, PublicKey] = {agent: PublicKey.of(settings.audit_public_key(agent)) for agent in AGENTS}
        self._keys = Keyring(key, public_keys)
        self._writer = Writer(SERVICE, SharedKey(key), settings.audit_anchor_file)
        self._log = AsyncAuditLog(redis, self._writer, settings.audit_keep_seconds)

    async def record(self, session_id: str, *entries: Entry, actor: Actor | None = None) -> None:
        """Append to a session's log and anchor its head."""
        await self._log.append(session_id, *entries, actor=actor)

    async def record_of(self, by: Person, runs_in: str | None, *entries: Entry) -> None:
        """Write what somebody decided into the log of their session and, where another runs the plan, into its too."""
        await self.record(by.session_id, *entries)
        if runs_in is not None and runs_in != by.session_id:
            who = by.model_dump(mode="json", exclude_none=True)
            await self.record(runs_in, *(Entry(entry.kind, {**entry.data, "by": who}) for entry in entries))

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
        return make_anchor(session_id, head.seq, head.hash, self._writer.signer)

    async def page(self, session_id: str, after: int, limit: int) -> list[tuple[int, Any]]:
        """Number and entry of those after number `after`."""
        try:
            return [(number, parsed(text)) for number, text in await self._log.read(session_id, after, limit)]
        except RedisError as error:
            raise not_written(error) from None

    async def export(self, session_id: str, head: Head) -> AsyncIterator[str]:
        """The log up to `head` as lines of JSON, the last one its anchor and what an export cannot show."""
        async for text in self._texts(session_id, head.seq):
            yield text + "\n"
        yield canonical({"anchor": self.anchor(session_id, head), "cannot_show": list(EXPORT_CANNOT_SHOW)}) + "\n"

    async def verify(self, session_id: str) -> Report:
        """Check the log against its chain, its writers' signatures, its head and every anchor in the file."""
        head = await self.head(session_id)
        entries = [parsed(text) async for text in self._texts(session_id)]
        return await asyncio.to_thread(self._check, session_id, entries, head)

    def _check(self, session_id: str, entries: list[Any], head: Head) -> Report:
        own, outside = self.anchor(session_id, head), self._anchors(session_id)
        return check(entries, outside, own=own, keys=self._keys, session_id=session_id)

    async def _texts(self, session_id: str, until: int | None = None) -> AsyncIterator[str]:
        read = 0
        while found := await self._log.read(session_id, read, PAGE, until):
            for _, text in found:
                yield text
            read = found[-1][0]

    def _anchors(self, session_id: str) -> list[Mapping[str, Any]]:
        """The gateway's own anchors of this log."""
        if self._writer.anchors is None:
            return []
        found = map(parsed, self._writer.anchors.lines(session_id))
        return [one for one in found if isinstance(one, dict) and one.get("session_id") == session_id]
