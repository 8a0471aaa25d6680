"""Server-sent events as an HTTP response: open at once, and kept open by a comment while nothing comes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping

from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT

KEEPALIVE_SECONDS = 15.0


class EventStreamResponse(StreamingResponse):
    """Events as `format_sse_event` makes them; None of `events` means that nothing has come for a moment."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes | None], headers: Mapping[str, str] | None = None) -> None:
        unkept = {"Cache-Control": "no-cache, no-store", "X-Accel-Buffering": "no"}
        super().__init__(_kept_alive(events), headers={**(headers or {}), **unkept})


async def _kept_alive(events: AsyncIterator[bytes | None]) -> AsyncIterator[bytes]:
    sent_at = time.monotonic()
    # The first bytes at once: a proxy or a client sees that the stream is open.
    yield KEEPALIVE_COMMENT
    async for event in events:
        if event is not None:
            yield event
        elif time.monotonic() - sent_at >= KEEPALIVE_SECONDS:
            yield KEEPALIVE_COMMENT
        else:
            continue
        sent_at = time.monotonic()
