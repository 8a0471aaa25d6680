"""A turn of the chat as HTML: as it is now, and as a stream that replaces each part of it whenever that changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.events import StreamedEvent, events_after, follow
from services.orchestrator.turns.store import ENDED, MAX_EVENTS, Turn
from services.orchestrator.web.rendering import render
from services.orchestrator.web.streams import done, message, partials
from services.orchestrator.web.views.markdown import to_html
from services.orchestrator.web.views.plan.shown import headline
from services.orchestrator.web.views.turn.shown import PlanLine, TurnShown, turn_shown
from services.orchestrator.web.visit import Visit
from shared.errors import NotFound, Unavailable


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a turn: this site's own names, to which no answer may link, and the forms' token."""

    gateway: Gateway
    visit: Visit
    hosts: tuple[str, ...]


async def turn_now(gateway: Gateway, session: Session, turn: Turn) -> tuple[TurnShown, str]:
    """What the turn shows now, and the id of the last event in it, after which its stream goes on."""
    last = "0-0"
    if turn.status in ENDED:
        shown = turn_shown(turn)
    else:
        shown = TurnShown(turn.turn_id, turn.message)
        for event in await events_after(gateway.redis, turn.turn_id, last, MAX_EVENTS):
            shown.take(event)
            last = event[0]
    await look_at_plans(gateway, session, shown)
    return shown, last


async def look_at_plans(gateway: Gateway, session: Session, shown: TurnShown) -> bool:
    """Have the turn show its plans as they are now; True where one is not as it was shown."""
    before = dict(shown.plans)
    for plan_id in before:
        try:
            plan = await gateway.plans.get(session, plan_id)
        except (NotFound, Unavailable):
            continue
        shown.plans[plan_id] = PlanLine(plan_id, plan.status, headline(plan))
    return before != shown.plans


async def turn_html(frame: Frame, turn: Turn) -> str:
    """The whole turn as HTML."""
    shown, last = await turn_now(frame.gateway, frame.visit.session, turn)
    answer = await _answer(shown, frame)
    return render("chat/turn.html", turn=shown, last=last, answer=answer, csrf=frame.visit.csrf)


async def _answer(shown: TurnShown, frame: Frame) -> str:
    """While a turn waits for a plan its answer is the plan's page in text; here the plan has a page of its own."""
    return "" if shown.status == "waiting_for_approval" else await to_html(shown.answer, frame.hosts)


@dataclass(slots=True)
class _Changes:
    """Which parts of the turn are to be sent; `last` is the event up to which they are then shown."""

    last: str
    parts: dict[str, None] = field(default_factory=dict)

    def add(self, *parts: str) -> None:
        self.parts |= dict.fromkeys(parts)

    def taken(self) -> list[str]:
        parts, self.parts = list(self.parts), {}
        return parts


async def follow_turn(frame: Frame, turn: Turn, after: str) -> AsyncIterator[bytes | None]:
    """What changes of the turn after an event that the browser has seen, until it or the session has ended.

    Each part is sent whole, so that nothing is lost or doubled where a connection breaks off.
    """
    gateway, session = frame.gateway, frame.visit.session
    shown, changes = TurnShown(turn.turn_id, turn.message), _Changes(after)
    async for event in follow(gateway.redis, gateway.turns.store, turn.turn_id, "0-0"):
        if event is None:
            if await gateway.sessions.get(session.session_id) is None:
                break
            if shown.status == "waiting_for_approval" and await look_at_plans(gateway, session, shown):
                changes.add("plans")
        else:
            parts = shown.take(event)
            if _is_after(event, after):
                changes.add(*parts)
                changes.last = event[0]
        if changes.parts and (event is None or event[1] != "text"):
            yield await _message(frame, shown, changes.taken(), changes.last)
        elif event is None:
            yield None
    yield done(changes.last)


def _is_after(event: StreamedEvent, after: str) -> bool:
    return _place(event[0]) > _place(after)


def _place(event_id: str) -> tuple[int, ...]:
    return tuple(map(int, event_id.split("-")))


async def _message(frame: Frame, shown: TurnShown, names: Sequence[str], last: str) -> bytes:
    if "plans" in names:
        await look_at_plans(frame.gateway, frame.visit.session, shown)
    answer = await _answer(shown, frame) if "answer" in names else ""
    parts = {
        f"{shown.turn_id}-{name}": render(f"chat/{name}.html", turn=shown, answer=answer, csrf=frame.visit.csrf)
        for name in names
    }
    return message(partials(parts), last)
