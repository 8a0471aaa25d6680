"""`/chat`: ask, follow the answer as it comes, go back to earlier conversations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import RedirectResponse, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.routes.chat import begin_turn
from services.orchestrator.routes.turns import stop_turn
from services.orchestrator.turns.conversations import MAX_TURNS_SHOWN
from services.orchestrator.turns.events import check_event_id
from services.orchestrator.turns.store import ENDED
from services.orchestrator.web.forms import OwnForm, WrittenForm
from services.orchestrator.web.rendering import page
from services.orchestrator.web.streams import PageStream
from services.orchestrator.web.views.history import search
from services.orchestrator.web.views.turn.live import Frame, follow_turn, turn_html
from services.orchestrator.web.visit import CurrentVisit

router = APIRouter(prefix="/chat")

RECENT = 12
EXAMPLES = (
    "How big is each bucket?",
    "Do I have any EC2 instances?",
    "Summarize my AWS usage",
    "Create a role with S3 full access and attach it to a new Lambda function",
)


def _hosts(request: Request) -> tuple[str, ...]:
    """This site's own names, to which nothing that a model wrote may link."""
    return (request.headers.get("host", ""),)


@router.get("")
async def new_conversation(request: Request, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Where a conversation begins."""
    recent, _, more = await gateway.turns.conversations.page(visit.session.owner_id, RECENT, None)
    return page(
        request, "chat.html", visit, conversation=None, turns=[], unread=[], recent=recent, more=more,
        running=None, examples=EXAMPLES, count=0,
    )  # fmt: skip


@router.post("")
async def send(form: WrittenForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Send a message: it begins a turn, and the conversation's page follows it."""
    message = form.text("message", 1_000_000)
    conversation_id, read_only = form.text("conversation_id", 64) or None, bool(form.text("read_only"))
    turn = await begin_turn(gateway, visit.session, message, conversation_id, read_only=read_only)
    return RedirectResponse(f"/chat/{turn.conversation_id}#{turn.turn_id}", status_code=303)


@router.get("/history")
async def history(
    request: Request, visit: CurrentVisit, gateway: CurrentGateway, q: str = "", cursor: str | None = None
) -> Response:
    """Earlier conversations, newest first; with `q` those in which it was said."""
    found = await search(gateway.turns.conversations, visit.session.owner_id, q[:200], cursor)
    return page(request, "history.html", visit, found=found, asked=q[:200])


@router.get("/{conversation_id}")
async def show_conversation(
    conversation_id: str, request: Request, visit: CurrentVisit, gateway: CurrentGateway
) -> Response:
    """A conversation with its newest turns; one that still runs goes on in its stream."""
    conversations, owner = gateway.turns.conversations, visit.session.owner_id
    conversation = await conversations.get(owner, conversation_id)
    found, unread = await conversations.read_turns(conversation_id, MAX_TURNS_SHOWN)
    frame = Frame(gateway, visit, _hosts(request))
    turns = [await turn_html(frame, turn) for turn in found]
    running = next((turn.turn_id for turn in found if turn.status not in ENDED), None)
    recent, _, more = await conversations.page(owner, RECENT, None)
    return page(
        request, "chat.html", visit, conversation=conversation, turns=turns, unread=unread, recent=recent, more=more,
        running=running, examples=(), count=await conversations.count(conversation_id),
    )  # fmt: skip


@router.post("/{conversation_id}/delete")
async def delete(conversation_id: str, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Forget a conversation; its plans stay."""
    await gateway.turns.conversations.delete(visit.session.owner_id, conversation_id)
    return RedirectResponse("/chat", status_code=303)


@router.get("/turns/{turn_id}/live")
async def live(
    turn_id: str,
    request: Request,
    visit: CurrentVisit,
    gateway: CurrentGateway,
    after: str = "0-0",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """What changes of a turn, as events, until it has ended."""
    seen = check_event_id(last_event_id or after)
    turn = await gateway.turns.store.of_owner(turn_id, visit.session.owner_id)
    return PageStream(follow_turn(Frame(gateway, visit, _hosts(request)), turn, seen))


@router.post("/turns/{turn_id}/stop")
async def stop(turn_id: str, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Stop a turn."""
    turn = await stop_turn(gateway, visit.session, turn_id)
    return RedirectResponse(f"/chat/{turn.conversation_id}#{turn_id}", status_code=303)
