"""The entries of an audit log as they are listed: newest first, those that are asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.orchestrator.audit.trail import AuditTrail
from shared.audit.kinds import IN_SESSION_LOGS
from shared.audit.report import Head, Report
from shared.plans.page.documents import inline_json

PAGE = 100
# Entries that are read for one page; older ones are on the next.
READ = 2000
# A log that was tampered with keeps its head: it is noticed after so many seconds at the latest.
HOLDS_SECONDS = 60.0
KINDS = tuple(IN_SESSION_LOGS)


class ChainChecks:
    """Checks of logs for the head of every page: anew where a log has gone on, or after a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # By session: until when it holds, for which head, and whether the log was whole.
        self._known: dict[str, tuple[float, Head, bool]] = {}

    async def is_whole(self, trail: AuditTrail, session_id: str) -> bool:
        """Whether the log is whole. Raises Unavailable (`audit_unavailable`)."""
        head, now = await trail.head(session_id), self._clock()
        until, of, whole = self._known.get(session_id, (0.0, None, False))
        if until > now and of == head:
            return whole
        return (await self.verify(trail, session_id)).valid

    async def verify(self, trail: AuditTrail, session_id: str) -> Report:
        """Check the log now; the heads of pages then say the same. Raises as `is_whole` does."""
        head, now = await trail.head(session_id), self._clock()
        report = await trail.verify(session_id)
        self._known = {name: known for name, known in self._known.items() if known[0] > now}
        self._known[session_id] = (now + HOLDS_SECONDS, head, report.valid)
        return report


@dataclass(frozen=True, slots=True)
class EntryShown:
    """An entry in a line. One that is damaged shows what is stored."""

    number: int
    time: float | None
    kind: str
    service: str
    data: str


@dataclass(frozen=True, slots=True)
class EntriesShown:
    """A page; `before` is where the next one begins."""

    items: tuple[EntryShown, ...]
    before: int | None


async def entries_of(trail: AuditTrail, session_id: str, *, kind: str, text: str, before: int | None) -> EntriesShown:
    """The newest entries before number `before`, those of a kind and with a text in them."""
    newest = before if before is not None else (await trail.head(session_id)).seq + 1
    start = max(0, newest - 1 - READ)
    read = await trail.page(session_id, start, newest - 1 - start) if newest > 1 else []
    found: list[EntryShown] = []
    for number, entry in reversed(read):
        if (kind and _get(entry, "kind") != kind) or text.casefold() not in _searched(entry):
            continue
        if len(found) == PAGE:
            return EntriesShown(tuple(found), found[-1].number)
        found.append(_shown(number, entry))
    return EntriesShown(tuple(found), start + 1 if start else None)


def _get(entry: Any, name: str) -> Any:
    return entry.get(name) if isinstance(entry, dict) else None


def _searched(entry: Any) -> str:
    return json.dumps(entry, ensure_ascii=False).casefold()


def _shown(number: int, entry: Any) -> EntryShown:
    written, actor = _get(entry, "time"), _get(entry, "actor")
    data = _get(entry, "data")
    return EntryShown(
        number,
        written / 1000 if type(written) is int else None,
        str(_get(entry, "kind") or "(damaged)"),
        str(_get(actor, "service") or ""),
        inline_json(data if data is not None else entry),
    )
