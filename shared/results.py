"""Results too large for a message: kept in Redis for their owner, named by a reference."""

from __future__ import annotations

import json

from pydantic import JsonValue
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from shared.errors import NotFound, TooLarge
from shared.messages import Agent, SessionInfo
from shared.stored import read_object

# Results up to this size travel in the message; larger ones by reference.
MAX_INLINE_BYTES = 48 * 1024
MAX_RESULT_BYTES = 8 * 1024 * 1024
# As stored: a letter of two bytes is written in six, and the session stands beside it.
MAX_STORED_BYTES = 3 * MAX_RESULT_BYTES + 4096


def result_key(agent: Agent, reference: str) -> str:
    """The Redis key of a stored result."""
    return f"result:{agent}:{reference}"


def reference_of(agent: Agent, call_id: str) -> str:
    """The reference of one call's result; repeating the call gives the same one."""
    return f"res_{agent}_{call_id}"


def store(redis: Redis, agent: Agent, info: SessionInfo, call_id: str, body: str, seconds: int) -> str:
    """Keep `body` (JSON) for the session's owner and return its reference. Raises TooLarge over 8 MiB."""
    if len(body.encode()) > MAX_RESULT_BYTES:
        raise TooLarge(
            f"the result is larger than {MAX_RESULT_BYTES} bytes; ask for less (a region, a prefix, one resource)",
            code="result_too_large",
        )
    reference = reference_of(agent, call_id)
    record = {"session_id": info.session_id, "owner_id": info.owner_id, "body": body}
    redis.set(result_key(agent, reference), json.dumps(record), ex=seconds)
    return reference


async def load(redis: AsyncRedis, owner_id: str, reference: str) -> JsonValue:
    """The whole of a stored result. Raises NotFound where this owner has none of that name."""
    result: JsonValue = json.loads(await load_text(redis, owner_id, reference))
    return result


async def load_text(redis: AsyncRedis, owner_id: str, reference: str) -> str:
    """The same as the JSON that it is stored as."""
    agent = reference.split("_")[1] if reference.count("_") >= 2 else ""
    key = f"result:{agent}:{reference}"
    # Whoever wrote it may be hostile: what no worker stores is not read.
    stored = await redis.get(key) if await redis.strlen(key) <= MAX_STORED_BYTES else None
    if stored:
        entry = read_object("result", stored, "session_id", "body")
        # Its session's, as the dispatcher asks for it and as it was before there were owners; or its owner's.
        if owner_id in (entry["session_id"], entry.get("owner_id")):
            return str(entry["body"])
    raise NotFound("there is no such result, or it is too old; ask again", code="result_not_found")
