"""`Idempotency-Key`: a POST sent again with the same key gets the first answer again, and nothing happens twice.

`idempotency:{owner}:{key}` holds the request's hash and, once there is one, the answer. A request that
failed is not kept: nothing was made, so it may be tried again under its key.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import structlog
from fastapi import Request
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.http.responses import Answer
from shared.broker.failures import report
from shared.broker.stored import read_object
from shared.errors import BadRequest, Conflict, InvalidArguments, Unavailable

log = structlog.get_logger(__name__)

KEEP_SECONDS = 24 * 3600
# A gateway that died in the middle holds the key this long; one that lives renews it three times as often.
RUNNING_SECONDS = 15
_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")


class Owner(Protocol):
    """Whose keys they are, and for how many seconds answers are kept: a session."""

    @property
    def session_id(self) -> str: ...
    def remaining(self) -> int: ...


async def once(
    redis: Redis,
    request: Request,
    owner: Owner,
    payload: bytes,
    act: Callable[[], Awaitable[Answer]],
) -> Answer:
    """Answer with `act`, or with what it answered before under the request's Idempotency-Key.

    `payload` is what makes the request this one, usually its body. Raises InvalidArguments
    (`idempotency_key_reused`) for another request under the key, Conflict (`idempotency_in_progress`) while
    the first is running, BadRequest (`invalid_idempotency_key`). Without the header it simply acts.
    """
    presented = request.headers.get("idempotency-key")
    if presented is None:
        return await act()
    if not _KEY.match(presented):
        raise BadRequest("Idempotency-Key is 1 to 255 visible ASCII characters", code="invalid_idempotency_key")
    key = f"idempotency:{owner.session_id}:{presented}"
    fingerprint = _fingerprint(request, payload)
    running = json.dumps({"hash": fingerprint})
    if not await redis.set(key, running, nx=True, ex=RUNNING_SECONDS):
        stored: Any = await redis.get(key)
        return _again(stored, fingerprint)
    try:
        async with _kept(redis, key):
            answer = await act()
    except BaseException:
        await redis.delete(key)
        raise
    kept = {"hash": fingerprint, "status": answer.status, "body": answer.body, "headers": dict(answer.headers)}
    await redis.set(key, json.dumps(kept), ex=min(KEEP_SECONDS, owner.remaining()))
    return answer


@asynccontextmanager
async def _kept(redis: Redis, key: str) -> AsyncIterator[None]:
    """Hold the key while the block runs, however long it takes."""

    done = asyncio.Event()

    async def renew() -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), RUNNING_SECONDS / 3)
                return
            try:
                await redis.expire(key, RUNNING_SECONDS)
            except RedisError as error:  # the next one may get through
                report(log, "idempotency_key_not_renewed", error)

    renewing = asyncio.create_task(renew(), name="idempotency key")
    try:
        yield
    finally:
        # Not cancelled: a cancellation can get lost in the client, and the request would wait for ever.
        done.set()
        await renewing


def _again(stored: str | None, fingerprint: str) -> Answer:
    record: dict[str, Any] = {"hash": fingerprint}
    if stored:
        record = read_object("answer under the Idempotency-Key", stored, "hash")
    if record["hash"] != fingerprint:
        raise InvalidArguments(
            "this Idempotency-Key was used for another request; use a new one", code="idempotency_key_reused"
        )
    if "status" not in record:
        raise Conflict(
            "the first request with this Idempotency-Key is still running; try again in a moment",
            code="idempotency_in_progress",
        )
    if not {"body", "headers"} <= record.keys():
        raise Unavailable(
            "a newer version answered the first request with this Idempotency-Key: ask it, or look at what was made",
            code="record_unreadable",
        )
    return Answer(record["status"], record["body"], {**record["headers"], "Idempotency-Replayed": "true"})


def _fingerprint(request: Request, payload: bytes) -> str:
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    digest.update(payload)
    return digest.hexdigest()
