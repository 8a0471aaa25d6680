"""Server-sent events for pages: parts of a page as they change, and a last event after which a browser asks no more."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping

import structlog
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from redis.exceptions import RedisError

from services.orchestrator.web.safety import HEADERS
from shared.broker.failures import report
from shared.errors import AssistantError

log = structlog.get_logger(__name__)

KEEPALIVE_SECONDS = 15.0
# The name of the last event, which `hx-sse:close` names.
DONE = "done"


def partials(parts: Mapping[str, str], swap: str = "outerMorph") -> str:
    """Parts by the ids of what they take the place of, as htmx reads them."""
    return "".join(
        f'<hx-partial hx-target="#{name}" hx-swap="{swap}">{html}</hx-partial>' for name, html in parts.items()
    )


def message(html: str, event_id: str) -> bytes:
    """An unnamed event, which htmx puts into the page."""
    return bytes(format_sse_event(data_str=html, id=event_id))


def done(event_id: str) -> bytes:
    """The last event."""
    return bytes(format_sse_event(data_str="-", event=DONE, id=event_id))


class PageStream(StreamingResponse):
    """Events for a page; None of `events` means that nothing has come for a moment."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes | None]) -> None:
        headers = {**HEADERS, "Cache-Control": "no-cache, no-store", "X-Accel-Buffering": "no"}
        super().__init__(_kept_alive(events), headers=headers)


async def _kept_alive(events: AsyncIterator[bytes | None]) -> AsyncIterator[bytes]:
    sent_at = time.monotonic()
    # The first bytes at once: a proxy or a browser sees that the stream is open.
    yield KEEPALIVE_COMMENT
    try:
        async for event in events:
            if event is not None:
                yield event
            elif time.monotonic() - sent_at >= KEEPALIVE_SECONDS:
                yield KEEPALIVE_COMMENT
            else:
                continue
            sent_at = time.monotonic()
    except (AssistantError, RedisError) as error:
        # The browser asks again from the last event on, less and less often.
        report(log, "page_stream_broken_off", error)
