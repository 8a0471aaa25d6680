"""What a plan's journal says of the requests that left for AWS, for whoever compares that with AWS's own record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from redis import Redis

from services.executor.calls.entry import CALL, Entry
from services.executor.records.reads import NAME
from shared.broker.stored import read
from shared.plans.evidence import JournaledCall, JournaledCalls, JournaledRead, SentRequest

_UNDO = "~undo"


def journaled_calls(redis: Redis, plan_id: str) -> JournaledCalls:
    """All calls of the plan's journal, and the newest reads of each step; nothing where no step was begun.

    Raises Unavailable (`record_unreadable`) for a record of a newer version.
    """
    entries: Mapping[str, str] = redis.hgetall(f"journal:{plan_id}")  # type: ignore[assignment]  # sync
    calls, reads = [], []
    for field in sorted(entries):
        if field.endswith(f"#{NAME}"):
            reads += [_read(field.partition("#")[0], one) for one in json.loads(entries[field])]
        elif CALL in field and "#" not in field:
            calls.append(_call(field, read(Entry, entries[field])))
    calls.sort(key=lambda call: call.sent[0].at if call.sent else 0.0)
    return JournaledCalls(plan_id=plan_id, calls=tuple(calls), reads=tuple(reads))


def _call(field: str, entry: Entry) -> JournaledCall:
    key = field.partition(CALL)[0]
    service, _, operation = entry.request.partition(":")
    sent = tuple(SentRequest(at=one.at, id=one.id, status=one.status, code=one.code) for one in entry.sent)
    # A journal of an older version only says how often it was sent, and when for the last time.
    older = () if entry.region else (SentRequest(at=entry.at),) * entry.sends
    value = entry.value if isinstance(entry.value, dict) else {}
    token = value.get("request_token")
    return JournaledCall(
        step=key.removesuffix(_UNDO),
        undoing=key.endswith(_UNDO),
        service=service,
        operation=operation,
        region=entry.region,
        state=entry.state,
        sent=sent or older,
        not_kept=entry.not_kept,
        request_token=str(token) if token else None,
    )


def _read(key: str, kept: list[Any]) -> JournaledRead:
    at, service, operation, region, request_id, status = kept
    return JournaledRead(
        step=key.removesuffix(_UNDO),
        service=service,
        operation=operation,
        region=region,
        at=at,
        id=request_id,
        status=status,
    )
