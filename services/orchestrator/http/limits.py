"""Bounds on what a client may send: bytes in a body (raw ASGI), requests in a minute (Redis)."""

from __future__ import annotations

import time
from dataclasses import dataclass

from fastapi import HTTPException, Request
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.orchestrator.http.problems import problem
from shared.broker.failures import is_full
from shared.errors import Busy

FILES_PATH = "/v1/files"
# A multipart body is the file and its frame.
FRAME_BYTES = 64 * 1024
WINDOW_SECONDS = 60
COUNTER_SECONDS = 2 * WINDOW_SECONDS


class BodyLimit:
    """Refuses a body that is too large: by its Content-Length before it is read, else while it is read."""

    def __init__(self, app: ASGIApp, *, json_bytes: int, file_bytes: int) -> None:
        self._app, self._json_bytes, self._file_bytes = app, json_bytes, file_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._file_bytes + FRAME_BYTES if scope["path"] == FILES_PATH else self._json_bytes
        detail = f"the body is larger than {limit} bytes"
        if _declared_length(scope) > limit:
            await problem(Request(scope), 413, "too_large", detail)(scope, receive, send)
            return
        received = 0

        async def receive_within() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise HTTPException(413, detail)
            return message

        await self._app(scope, receive_within, send)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How much of a minute's requests is left, and in how many seconds the next minute begins."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """The headers of draft-ietf-httpapi-ratelimit-headers-06."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
            "RateLimit-Policy": f"{self.limit};w={WINDOW_SECONDS}",
        }


async def take(request: Request, redis: Redis, key: str, limit: int) -> None:
    """Count a request against `key`; its answer gets the headers of `RateLimit`, also where it is refused.

    Raises Busy (`rate_limited`) over `limit` in a minute; 0 is no limit.
    """
    if not limit:
        return
    window = current_window()
    counter = counter_key(key, window)
    pipe = redis.pipeline(transaction=False)
    pipe.incr(counter)
    pipe.expire(counter, COUNTER_SECONDS)
    try:
        count, _ = await pipe.execute()
    except RedisError as error:
        if is_full(error):
            # A Redis too full to count in can still be read, and plans in it decided on.
            return
        raise
    charge(request, count, limit, window)


def current_window() -> int:
    """The number of this minute."""
    return int(time.time() // WINDOW_SECONDS)


def counter_key(key: str, window: int) -> str:
    """Where the requests against `key` in that minute are counted; kept for `COUNTER_SECONDS`."""
    return f"rate:{key}:{window}"


def charge(request: Request, count: int, limit: int, window: int) -> None:
    """Note how many requests of a minute are left after the `count`th. Raises Busy (`rate_limited`) over `limit`."""
    reset = int((window + 1) * WINDOW_SECONDS - time.time()) + 1
    request.state.rate_limit = RateLimit(limit, max(0, limit - count), reset)
    if count > limit:
        raise Busy(f"more than {limit} requests in a minute", code="rate_limited", retry_after=reset)
