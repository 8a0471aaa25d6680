"""One turn answered over a protocol of OpenAI's: which conversation it goes on with, its text, what is kept of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from services.orchestrator.gateway import Gateway
from services.orchestrator.openai_api.answers import MODEL, READING
from services.orchestrator.openai_api.relaying import Relay, Waited
from services.orchestrator.openai_api.threads import Thread
from services.orchestrator.routes.chat import begin_turn, current_plan
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.events import follow
from services.orchestrator.turns.store import Turn
from shared.errors import NotFound
from shared.plans.plan import Plan


def model_of(name: str) -> str:
    """Which of our models a client means: any other name stands for the whole assistant."""
    return READING if name == READING else MODEL


@dataclass(frozen=True, slots=True)
class Asked:
    """A person's message as a program sends it, with the conversation that it goes on with.

    `history` is what was said before, and goes in as data where no thread is, or its conversation is gone; `added` is
    what the client says besides where it goes on, as data too. `pages` is the address below which a plan's page is.
    """

    message: str
    thread: Thread | None
    history: str
    model: str
    pages: str
    added: str = ""


class Answering:
    """A turn that is being answered, from its first piece of text to where its conversation stands then."""

    def __init__(self, gateway: Gateway, turn: Turn, waited: Waited, pages: str) -> None:
        self._gateway, self._waited, self._pages = gateway, waited, pages
        self.turn_id = turn.turn_id

    @classmethod
    async def begin(cls, gateway: Gateway, session: Session, asked: Asked) -> Answering:
        """Begin the turn. Raises what `begin_turn` raises."""
        reading = asked.model == READING
        waited = await _waited(gateway, session, asked)
        turn = None
        if asked.thread is not None:
            conversation_id = asked.thread.conversation_id
            with suppress(NotFound):  # it was deleted
                turn = await begin_turn(
                    gateway,
                    session,
                    asked.message,
                    conversation_id,
                    read_only=reading,
                    by_program=True,
                    history=asked.added,
                )
        if turn is None:
            turn = await begin_turn(
                gateway, session, asked.message, None, read_only=reading, by_program=True, history=asked.history
            )
        return cls(gateway, turn, waited, asked.pages)

    async def pieces(self) -> AsyncIterator[str | None]:
        """The answer's text in pieces; None where nothing has come for a moment."""
        if self._waited.words:
            yield self._waited.words
        store = self._gateway.turns.store
        events = follow(self._gateway.redis, store, self.turn_id, "0-0", until_waiting=True)
        async for text in Relay(self._pages).texts(events):
            yield text

    async def whole(self) -> str:
        """The answer's text, when all of it is there."""
        return "".join([piece async for piece in self.pieces() if piece])

    async def end(self) -> tuple[Turn, Thread]:
        """The turn after its text, and where its conversation stands; it may have failed. Raises NotFound."""
        turn = await self._gateway.turns.store.load(self.turn_id)
        if turn is None:
            raise NotFound("the turn was deleted while it ran", code="turn_not_found")
        waits = turn.turn_id if turn.status == "waiting_for_approval" else self._waited.turn_id
        return turn, Thread(conversation_id=turn.conversation_id, waiting_turn_id=waits)


class Chore:
    """What a front end asked for itself, as if it had been answered by a turn; none was begun."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def pieces(self) -> AsyncIterator[str | None]:
        """The text, in one piece."""
        yield self._text

    async def whole(self) -> str:
        """The text."""
        return self._text


def check(turn: Turn) -> None:
    """Raise the AssistantError that a turn failed with."""
    if turn.status == "failed" and turn.error is not None:
        raise turn.error.as_exception(turn_id=turn.turn_id)


async def _waited(gateway: Gateway, session: Session, asked: Asked) -> Waited:
    """How it went with the plan that the conversation waited for."""
    if asked.thread is None or asked.thread.waiting_turn_id is None:
        return Waited()
    turn = await gateway.turns.store.load(asked.thread.waiting_turn_id)
    if turn is None or turn.owner_id != session.owner_id:
        return Waited()
    plan = await current_plan(gateway, turn)
    return Waited.of(turn, plan if isinstance(plan, Plan) else None, asked.pages)
