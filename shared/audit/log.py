"""Writes the audit log: one chain per session in Redis, each entry appended and chained atomically, or not at all.

    audit = AuditLog(redis, Writer("executor", key, anchors))
    audit.append(session_id, Entry("step.intent", {"plan_id": …}), actor=Actor(account, caller_arn))

`audit:log:{session_id}` is a stream, `audit:head:{session_id}` a hash with its newest number and hash. A writer makes
an entry for the head it knows; a function in Redis appends it if that still is the head, else says what is.

What belongs to no session (a refused session, a forged task) goes to a log of its service and month, see `own_log`.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import SecretStr
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from shared.audit.anchors import AnchorFile
from shared.audit.chain import parse, seal
from shared.audit.facts import prepared
from shared.audit.kinds import Kind, Service, writer_fault
from shared.audit.report import GENESIS, Head
from shared.audit.signers import PrivateKey, Signer
from shared.broker.failures import as_error, is_full
from shared.broker.functions import redis_function
from shared.errors import AssistantError, Unavailable
from shared.keys.signing import canonical
from shared.messages import Agent

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 50
# Heads a writer remembers; of one it has forgotten it asks Redis.
MAX_KNOWN = 10_000
KEEP_SECONDS = 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened: `kind` as "tool.called", and the facts, which are redacted when the entry is made."""

    kind: Kind
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose account was worked on, and as whom."""

    account: str
    caller_arn: str


def log_key(session_id: str) -> str:
    return f"audit:log:{session_id}"


def _stored_head(seq: Any, *texts: Any) -> Head:
    """The head as Redis has it, which an executor may write too. Raises Unavailable where it can be none."""
    hash_, account, caller_arn = (str(text or "") for text in texts)
    if not re.fullmatch(r"[0-9]{1,15}", str(seq)) or not re.fullmatch(r"[0-9a-f]{64}", hash_):
        detail = "the head of this session's audit log is damaged, so nothing can be recorded; see docs/audit.md"
        raise Unavailable(detail, code="audit_unavailable", retryable=False)
    return Head(int(seq), hash_, account, caller_arn)


def head_key(session_id: str) -> str:
    return f"audit:head:{session_id}"


def service_log(service: str) -> str:
    """The name of a service's log of what belongs to no session: one a month, so that it can end."""
    return f"{service}.{datetime.now(UTC):%Y-%m}"


class Writer:
    """Who writes: a service, the key it signs with, and its file of anchors, where it has one."""

    def __init__(self, service: Service, signer: Signer, anchor_file: str | None = None) -> None:
        self.service, self.signer = service, signer
        self.anchors = AnchorFile(anchor_file, signer, service) if anchor_file else None

    @classmethod
    def of_worker(cls, agent: Agent, signing_key: SecretStr, anchor_file: str | None) -> Writer:
        """A worker, with the key of its own that `shared/keys/deployment.py` made."""
        return cls(agent, PrivateKey(signing_key.get_secret_value()), anchor_file)

    def anchor(self, session_id: str, head: Head) -> None:
        """Note outside Redis how far the log went. Raises Unavailable (`audit_unavailable`)."""
        try:
            if self.anchors:
                self.anchors.append(session_id, head.seq, head.hash)
        except OSError as error:
            raise unavailable(f"no anchor: {type(error).__name__}") from None


class _Maker:
    """Makes the function's arguments; what the sync and the async log share."""

    def __init__(self, writer: Writer, keep_seconds: int) -> None:
        self._writer, self._keep = writer, keep_seconds
        self.known: OrderedDict[str, Head] = OrderedDict()

    def arguments(
        self, session_id: str, entries: tuple[Entry, ...], actor: Actor | None
    ) -> tuple[list[str], list[str], Head]:
        """Keys and arguments of the function, and the head if it succeeds.

        Raises ValueError for an entry that this service may not write in this log: a mistake in the code.
        """
        head = self.known.get(session_id, Head())
        account = actor.account if actor else head.account
        caller_arn = actor.caller_arn if actor else head.caller_arn
        first, made, now = head.hash, [], int(time.time() * 1000)
        service = self._writer.service
        for entry in entries:
            if wrong := writer_fault(session_id, service, entry.kind):
                raise ValueError(f"an audit entry of the kind {entry.kind} in {session_id}: {wrong}")
            body = {
                "v": 1,
                # Two writers may have the same to say at the same time; the entries must differ all the same.
                "id": f"aud_{secrets.token_hex(10)}",
                "seq": head.seq + 1,
                "time": now,
                "session_id": session_id,
                "account": account,
                "actor": {"service": service, "caller_arn": caller_arn},
                "kind": entry.kind,
                "data": prepared(entry.data),
                "prev": head.hash,
            }
            sealed = seal(body, self._writer.signer)
            head = Head(head.seq + 1, sealed["hash"], account, caller_arn)
            made += [str(head.seq), canonical(sealed)]
        expected = "" if first == GENESIS else first
        common = [expected, str(self._keep), str(head.seq), head.hash, account, caller_arn, str(now // 1000)]
        return [head_key(session_id), log_key(session_id)], common + made, head

    def outcome(self, session_id: str, answer: list[Any], head: Head) -> bool:
        """Learn from the function's answer; whether the entries are in the log."""
        if answer[0] == "appended":
            self._remember(session_id, head)
            return True
        now = _stored_head(answer[1], answer[2] or GENESIS, answer[3], answer[4])
        self._remember(session_id, now)
        # A lost answer: the entries got there, the client asked again.
        return now.hash == head.hash

    def _remember(self, session_id: str, head: Head) -> None:
        self.known[session_id] = head
        self.known.move_to_end(session_id)
        while len(self.known) > MAX_KNOWN:
            self.known.popitem(last=False)


def not_written(error: RedisError) -> AssistantError:
    """What a failed command of Redis is here: Busy (`broker_full`), else Unavailable (`audit_unavailable`).

    Trying again helps only where the failure passes: a log that somebody damaged is not mended by it.
    """
    failure = as_error(error)
    return failure if is_full(error) else unavailable(type(error).__name__, retryable=failure.retryable)


def unavailable(why: str, *, retryable: bool = True) -> Unavailable:
    detail = f"the audit log cannot be written ({why}), so nothing is done"
    return Unavailable(detail, code="audit_unavailable", retryable=retryable)


class AuditLog:
    """The log of a worker. `keep_seconds` 0 leaves a log's time to whoever began it."""

    def __init__(self, redis: Redis, writer: Writer, keep_seconds: int = 0) -> None:
        self._append = redis_function(redis, "audit_append")
        self._writer, self._make = writer, _Maker(writer, keep_seconds)
        self._lock = threading.Lock()

    def append(self, session_id: str, *entries: Entry, actor: Actor | None = None) -> None:
        """Append entries, anchor the new head. Raises Unavailable (`audit_unavailable`), Busy (`broker_full`)."""
        with self._lock:
            for _ in range(MAX_ATTEMPTS):
                keys, arguments, head = self._make.arguments(session_id, entries, actor)
                try:
                    answer = self._append(keys, arguments)
                except RedisError as error:
                    raise not_written(error) from None
                if self._make.outcome(session_id, answer, head):
                    self._writer.anchor(session_id, head)
                    return
        raise unavailable("too many write at once")


class ServiceAudit:
    """What a worker has to tell that belongs to no session: in the worker's own log. Trouble is only logged."""

    def __init__(self, redis: Redis, agent: Agent, key: SecretStr | None, anchor_file: str | None) -> None:
        self._agent = agent
        self._log = AuditLog(redis, Writer.of_worker(agent, key, anchor_file), KEEP_SECONDS) if key else None

    def record(self, kind: Kind, **facts: str | int | float) -> None:
        """Record what happened; nothing without a key to sign with."""
        try:
            if self._log:
                self._log.append(service_log(self._agent), Entry(kind, facts))
        except AssistantError as error:
            log.error("entry_not_audited", kind=kind, code=error.code)


class AsyncAuditLog:
    """The log of the gateway; appends to one session's log wait for each other, so each takes one round trip."""

    def __init__(self, redis: AsyncRedis, writer: Writer, keep_seconds: int = KEEP_SECONDS) -> None:
        self._redis = redis
        self._append = redis_function(redis, "audit_append")
        self._writer, self._make = writer, _Maker(writer, keep_seconds)
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    async def append(self, session_id: str, *entries: Entry, actor: Actor | None = None) -> Head:
        """Append entries, anchor the new head and return it.

        Raises Unavailable (`audit_unavailable`), Busy (`broker_full`).
        """
        lock, users = self._locks.get(session_id, (asyncio.Lock(), 0))
        self._locks[session_id] = (lock, users + 1)
        try:
            async with lock:
                return await self._append_alone(session_id, entries, actor)
        finally:
            lock, users = self._locks.pop(session_id)
            if users > 1:
                self._locks[session_id] = (lock, users - 1)

    async def _append_alone(self, session_id: str, entries: tuple[Entry, ...], actor: Actor | None) -> Head:
        for _ in range(MAX_ATTEMPTS):
            try:
                if actor is None and session_id not in self._make.known:
                    self._make.known[session_id] = await self.head(session_id)
                keys, arguments, head = self._make.arguments(session_id, entries, actor)
                answer = await self._append(keys, arguments)
            except RedisError as error:
                raise not_written(error) from None
            if self._make.outcome(session_id, answer, head):
                self._writer.anchor(session_id, head)
                return head
        raise unavailable("too many write at once")

    async def head(self, session_id: str) -> Head:
        """Where a log ends now, by what Redis says."""
        found: Any = await self._redis.hgetall(head_key(session_id))
        if not found:
            return Head()
        return _stored_head(*(found.get(name) for name in ("seq", "hash", "account", "caller_arn")))

    async def read(
        self, session_id: str, after: int = 0, limit: int = 1000, until: int | None = None
    ) -> list[tuple[int, str]]:
        """Number and JSON of the entries after a number, up to another."""
        start, end = f"({after}-0" if after else "-", "+" if until is None else f"{until}-0"
        found: Any = await self._redis.xrange(log_key(session_id), min=start, max=end, count=limit)
        return [(int(name.partition("-")[0]), fields.get("entry", "")) for name, fields in found]


def parsed(text: str) -> Any:
    """An entry as JSON, None where it is none: a damaged entry must not stop the reading of the others."""
    try:
        return parse(text)
    except (ValueError, RecursionError):
        return None
