"""What of a tool's answer travels in its result, and what is stored beside it."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from redis import Redis

from shared.broker.failures import retry
from shared.messages import Agent, SessionInfo, ToolCall
from shared.results import records
from shared.results.body import Body
from shared.results.overview import overview_of
from shared.tasks import parts
from shared.worker.context import Context, seconds_left

# What is left of a call's time when a large result has been described: to store it and to answer.
FINISH_SECONDS = 3.0


def travelling(
    redis: Redis, agent: Agent, call: ToolCall, info: SessionInfo, context: Context, value: Any
) -> dict[str, Any]:
    """What of the result travels: all of it where it is small, else an overview; and where the whole is stored.

    What has many rows is stored though it travels, so that a query can count them.
    """
    body = Body.of(value)
    count = body.count()
    coverage = context.covered.coverage(info.account, count, complete=not context.gaps)
    travels: dict[str, Any] = {"coverage": coverage}
    small = body.size_bytes() <= records.MAX_INLINE_BYTES
    queried = agent == records.QUERIED and call.tool != parts.TOOL
    if small:
        travels["result"] = body.whole()
        if not queried or (count or 0) < records.MIN_QUERIED_ROWS:
            return travels
    packed = records.pack(body.document())
    if queried and not small:
        travels["overview"] = overview_of(body, packed, seconds_left(call) - FINISH_SECONDS)
    stored = records.StoredResult(
        session_id=info.session_id,
        owner_id=info.owner_id,
        tool=call.tool,
        gaps=tuple(context.gaps),
        coverage=coverage,
        stored_at=time.time(),
        packed=records.in_text(packed),
    )
    keep = parts.KEEP_SECONDS if call.tool == parts.TOOL else None
    store = partial(records.store, redis, agent, call.call_id, stored, keep)
    travels["result_ref"] = retry(store, seconds_left(call))
    return travels
