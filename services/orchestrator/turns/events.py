"""A turn's events: written to its Redis stream, read back from any point, sent as server-sent events."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal

from fastapi.sse import format_sse_event
from redis.asyncio import Redis

from services.orchestrator.http.event_stream import EventStreamResponse
from services.orchestrator.plans.view import PlanAnswer
from services.orchestrator.rest import Json, Omittable, RestModel
from services.orchestrator.turns.store import ENDED, Event, EventType, Turn, TurnStatus, TurnStore, events_key
from services.orchestrator.workers.view import ErrorAnswer, ToolStep
from shared.errors import BadRequest
from shared.messages import Agent, ErrorBody

FLUSH_CHARS = 40
FLUSH_SECONDS = 0.05
MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.05, 1.0

_STREAM_ID = re.compile(r"^\d{1,19}-\d{1,19}$")

# (stream id, event type, data as JSON text)
StreamedEvent = tuple[str, str, str]


class TurnEvent(RestModel):
    """The turn's status. `resumed`: another gateway took it up, and text of `round` comes anew."""

    turn_id: str
    conversation_id: str
    status: TurnStatus
    resumed: Omittable[Literal[True]] = None
    round: Omittable[int] = None
    sandbox: Omittable[Literal[True]] = None


class AnswerEvent(RestModel):
    """The whole answer; it replaces what came as text before."""

    answer: str
    status: TurnStatus
    sandbox: Omittable[Literal[True]] = None


class TextEvent(RestModel):
    """A piece of the answer that the model gives in this round."""

    delta: str
    round: int


class StepStarted(RestModel):
    """A tool call begins."""

    call_id: str
    agent: Agent
    tool: str
    arguments: dict[str, Json]


EventData = TurnEvent | TextEvent | StepStarted | ToolStep | PlanAnswer | AnswerEvent | ErrorAnswer
# What each type of event says.
EVENT_DATA: dict[EventType, type[EventData]] = {
    "turn": TurnEvent,
    "text": TextEvent,
    "step_started": StepStarted,
    "step": ToolStep,
    "plan": PlanAnswer,
    "plan_reviewed": PlanAnswer,
    "answer": AnswerEvent,
    "error": ErrorAnswer,
}
# The same for OpenAPI: one server-sent event of a stream.
EVENT_SCHEMAS = [
    {
        "type": "object",
        "properties": {
            "event": {"const": kind},
            "id": {"type": "string"},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": f"#/components/schemas/{data.__name__}"},
            },
        },
        "required": ["event", "id", "data"],
    }
    for kind, data in EVENT_DATA.items()
]
# OpenAPI 3.1 has no word for the items of a stream: its schema is one event, as OpenAPI 3.2 says by `itemSchema`.
EVENT_CONTENT = {
    "text/event-stream": {
        "schema": {
            "type": "string",
            "description": "Server-sent events: lines `event`, `data` (JSON in one line) and `id`, then an empty line; "
            "a comment `: ping` at the beginning and after 15 seconds without an event. Each event is one of "
            "`x-itemSchema`.",
            "x-itemSchema": {"oneOf": EVENT_SCHEMAS},
        },
        "example": "event: turn\n"
        'data: {"turn_id":"trn_5fea13f1d8bac9d2285829a8","conversation_id":"cnv_7276211095d533040806b48d",'
        '"status":"running"}\n'
        "id: 1795374675381-0\n\n",
    }
}


def turn_event(turn: Turn, *, sandbox: bool, resumed: bool = False) -> Event:
    """The turn's status. The last event of a turn is the one whose status is one of `ENDED`."""
    return Event(
        "turn",
        TurnEvent(
            turn_id=turn.turn_id,
            conversation_id=turn.conversation_id,
            status=turn.status,
            resumed=resumed or None,
            round=turn.usage.rounds if resumed else None,
            sandbox=sandbox or None,
        ),
    )


def answer_event(turn: Turn, *, sandbox: bool) -> Event:
    """The turn's answer as a whole."""
    return Event("answer", AnswerEvent(answer=turn.answer, status=turn.status, sandbox=sandbox or None))


def error_event(error: ErrorBody) -> Event:
    """Why the turn failed."""
    return Event("error", ErrorAnswer.model_validate(error))


class TextStream:
    """Gathers text deltas into fewer events: one when 40 characters are there or 50 ms have passed.

    The model is not kept waiting while one is written: what comes meanwhile is the next. `rest` is what was not
    written in the end, for whoever saves the turn then.
    """

    def __init__(self, store: TurnStore, turn: Turn) -> None:
        self._store, self._turn = store, turn
        self._parts: list[str] = []
        self._size = 0  # their characters
        self._enough = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._ended = False
        self.rest: list[Event] = []

    async def __aenter__(self) -> TextStream:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._ended = True
        self._enough.set()
        if self._writing:
            failed = (await asyncio.gather(self._writing, return_exceptions=True))[0]
            if kind is None and failed:
                raise failed
        if kind is None:
            self.rest = self._taken()

    async def add(self, text: str) -> None:
        """Take a delta in. Raises LeaseLost where the turn is no longer ours."""
        self._parts.append(text)
        self._size += len(text)
        if self._writing is None or self._writing.done():
            if self._writing:
                self._writing.result()
            self._writing = asyncio.create_task(self._write(), name="text")
        if self._size >= FLUSH_CHARS:
            self._enough.set()

    async def _write(self) -> None:
        while self._parts and not self._ended:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), FLUSH_SECONDS)
            if not self._ended:
                self._enough.clear()
                await self._store.emit(self._turn, *self._taken())

    def _taken(self) -> list[Event]:
        text, self._parts, self._size = "".join(self._parts), [], 0
        return [Event("text", TextEvent(delta=text, round=self._turn.usage.rounds))] if text else []


def check_event_id(last_event_id: str | None) -> str:
    """The stream id to read after. Raises BadRequest (`invalid_last_event_id`)."""
    if last_event_id is None or last_event_id == "":
        return "0-0"
    if not _STREAM_ID.match(last_event_id):
        raise BadRequest("Last-Event-ID is not an id of this stream's events", code="invalid_last_event_id")
    return last_event_id


async def nothing_comes(redis: Redis, turn: Turn, after: str) -> bool:
    """Whether the turn has ended and all of its events are at or before `after`."""
    return turn.status in ENDED and not await events_after(redis, turn.turn_id, after)


async def follow(
    redis: Redis, store: TurnStore, turn_id: str, after: str, *, until_waiting: bool = False
) -> AsyncIterator[StreamedEvent | None]:
    """Events after `after`, then new ones as they come, until the turn ended (or, if so told, waits).

    Each event comes once, in order. `None` means that nothing has come for a moment. No connection is held
    while nothing comes: this gateway's own turns wake their followers, another's are looked at now and then.
    """
    ends = ENDED | {"waiting_for_approval"} if until_waiting else ENDED
    pause = MAX_PAUSE_SECONDS
    with store.listen(turn_id) as changed:
        while True:
            changed.clear()
            entries = await events_after(redis, turn_id, after)
            if not entries and pause >= MAX_PAUSE_SECONDS and await _is(store, turn_id, ends):
                # Events and status are saved together, so what is there now is all.
                for event in await events_after(redis, turn_id, after):
                    yield event
                return
            for event in entries:
                after = event[0]
                yield event
                if event[1] == "turn" and _status(event[2]) in ends and await _is(store, turn_id, ends):
                    return
            if entries:
                pause = MIN_PAUSE_SECONDS
                continue
            yield None
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), pause)
            pause = min(pause * 1.5, MAX_PAUSE_SECONDS)


def _status(data: str) -> object:
    """What a `turn` event says; None where a newer version says it otherwise."""
    try:
        said = json.loads(data)
    except ValueError:
        return None
    return said.get("status") if isinstance(said, dict) else None


async def _is(store: TurnStore, turn_id: str, statuses: frozenset[str]) -> bool:
    """Whether the turn is there no more, or in one of these now: it may have waited and have gone on since."""
    turn = await store.load(turn_id)
    return turn is None or turn.status in statuses


async def events_after(redis: Redis, turn_id: str, after: str, most: int = 200) -> list[StreamedEvent]:
    """The turn's events after `after` that are there now, in order."""
    found: Any = await redis.xread({events_key(turn_id): after}, count=most)
    return [(entry_id, fields["type"], fields["data"]) for _, entries in found or [] for entry_id, fields in entries]


class EventStream(EventStreamResponse):
    """Server-sent events: the type as `event`, the stream's id as `id`; a comment every 15 s when idle."""

    def __init__(self, events: AsyncIterator[StreamedEvent | None]) -> None:
        super().__init__(_framed(events))


async def _framed(events: AsyncIterator[StreamedEvent | None]) -> AsyncIterator[bytes | None]:
    async for event in events:
        if event is None:
            yield None
        else:
            entry_id, kind, data = event
            yield format_sse_event(data_str=data, event=kind, id=entry_id)
