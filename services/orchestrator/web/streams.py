"""Server-sent events for pages: parts of a page as they change, and a last event after which a browser asks no more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import structlog
from fastapi.sse import format_sse_event
from redis.exceptions import RedisError

from services.orchestrator.http.event_stream import EventStreamResponse
from services.orchestrator.web.safety import HEADERS
from shared.broker.failures import report
from shared.errors import AssistantError

log = structlog.get_logger(__name__)

# The name of the last event, which `hx-sse:close` names.
DONE = "done"


def partials(parts: Mapping[str, str]) -> str:
    """Parts by the ids of what they take the place of, as htmx reads them."""
    return "".join(
        f'<hx-partial hx-target="#{name}" hx-swap="outerMorph">{html}</hx-partial>' for name, html in parts.items()
    )


def message(html: str, event_id: str) -> bytes:
    """An unnamed event, which htmx puts into the page."""
    return bytes(format_sse_event(data_str=html, id=event_id))


def done(event_id: str) -> bytes:
    """The last event."""
    return bytes(format_sse_event(data_str="-", event=DONE, id=event_id))


class PageStream(EventStreamResponse):
    """Events for a page; one that cannot go on just ends."""

    def __init__(self, events: AsyncIterator[bytes | None]) -> None:
        super().__init__(_until_broken(events), HEADERS)


async def _until_broken(events: AsyncIterator[bytes | None]) -> AsyncIterator[bytes | None]:
    try:
        async for event in events:
            yield event
    except (AssistantError, RedisError) as error:
        # The browser asks again from the last event on, less and less often.
        report(log, "page_stream_broken_off", error)
