"""`/open`: opens a session in the browser, by a form, by one click in a sandbox, or by a link that works once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.routes.sessions import open_checked
from services.orchestrator.sessions.browsers import Ticket
from services.orchestrator.sessions.requests import SessionRequest
from services.orchestrator.sessions.session import Session
from services.orchestrator.web.forms import Form, OpenForm, checked
from services.orchestrator.web.rendering import page
from services.orchestrator.web.visit import AnyVisit, own_page, set_cookie
from shared.aws.regions import all_regions
from shared.errors import AssistantError, Conflict, Gone
from shared.keys.sealed_values import ValueKey, key_of, unwrapped

router = APIRouter()

# None of them is a secret.
_SHOWN_AGAIN = ("role_arn", "region", "accounts", "fence_services")
_FIELDS = ("access_key_id", "secret_access_key", "session_token", "role_arn", "external_id", "region")


@router.get("/open")
async def show_open(
    request: Request, visit: AnyVisit, gateway: CurrentGateway, next: str | None = None, link: str | None = None
) -> Response:
    """Where a session is opened; with a link's ticket, whose session it opens."""
    if link is not None:
        return await _show_link(request, gateway, link)
    return _open_page(request, visit, gateway, next=own_page(next))


def _open_page(request: Request, visit: AnyVisit, gateway: Gateway, *, status: int = 200, **shown: Any) -> Response:
    given = {"error": None, "given": dict.fromkeys(_SHOWN_AGAIN, ""), **shown}
    regions, one_click = sorted(all_regions()), has_sandbox(gateway)
    return page(request, "open.html", visit, status=status, regions=regions, one_click=one_click, **given)


@router.post("/open")
async def open_session(request: Request, form: OpenForm, visit: AnyVisit, gateway: CurrentGateway) -> Response:
    """Open a session with the keys of the form; the page is shown again, without them, where that is refused."""
    given = {name: form.text(name, 16_000) for name in _FIELDS}
    wanted = own_page(form.text("next"))
    try:
        body = _request(form, given)
        return await _admit(request, gateway, body, wanted)
    except AssistantError as error:
        shown = {name: form.text(name, 16_000) for name in _SHOWN_AGAIN}
        return _open_page(request, visit, gateway, status=error.status, next=wanted, error=error, given=shown)


def _request(form: Form, given: dict[str, str]) -> SessionRequest:
    """The form as the body of `POST /v1/sessions`. Raises InvalidArguments, which repeats nothing of a key."""
    body: dict[str, Any] = {name: value for name, value in given.items() if value}
    if regions := form.text("regions").replace(",", " ").split():
        body["regions"] = regions
    if accounts := list(_accounts(form.text("accounts", 64_000))):
        body["accounts"] = accounts
    fences: dict[str, Any] = {"read_only": True} if form.text("read_only") else {}
    if services := form.text("fence_services").replace(",", " ").split():
        fences["services"] = services
    if fences:
        body["fences"] = fences
    return checked(SessionRequest, body)


def _accounts(text: str) -> Iterator[dict[str, str]]:
    """An account a line: the role's ARN, and after a blank its name."""
    for line in filter(None, map(str.strip, text.splitlines())):
        role, _, name = line.partition(" ")
        yield {"role_arn": role} | ({"name": name.strip()} if name.strip() else {})


@router.post("/open/sandbox")
async def open_sandbox(request: Request, form: OpenForm, gateway: CurrentGateway) -> Response:
    """Open a session with the keys of the sandbox's user, which the deployment knows."""
    if not has_sandbox(gateway):
        raise Conflict("AWS is not the sandbox's here; open a session with keys of yours", code="no_sandbox")
    text = await asyncio.to_thread(Path(str(gateway.settings.sandbox_session_file)).read_text, "utf-8")
    return await _admit(request, gateway, SessionRequest.model_validate(json.loads(text)), own_page(form.text("next")))


def has_sandbox(gateway: Gateway) -> bool:
    """Whether a sandbox answers as AWS, and the deployment says with which keys it is entered."""
    file = gateway.settings.sandbox_session_file
    return bool(file) and gateway.worlds.sandbox and Path(str(file)).is_file()


async def _show_link(request: Request, gateway: Gateway, ticket: str) -> Response:
    """Whose session the link opens. Looking does not use it up: mail and chat programs look at links too."""
    session = await _session_of(gateway, await gateway.browsers.look_at(ticket))
    return page(request, "open_link.html", None, opened=session, ticket=ticket)


@router.post("/open/link")
async def open_link(request: Request, form: OpenForm, gateway: CurrentGateway) -> Response:
    """Take the ticket, and open its session in this browser."""
    written = form.text("link", 100)
    ticket = await gateway.browsers.take(written)
    session = await _session_of(gateway, ticket)
    key = unwrapped(ticket.value_key, written) if ticket and ticket.value_key else None
    return await _enter(request, gateway, session, "/chat", key)


async def _session_of(gateway: Gateway, ticket: Ticket | None) -> Session:
    session = await gateway.sessions.get(ticket.session_id) if ticket else None
    if session is None:
        raise Gone(
            "the link was used already, or is older than two minutes, or its session has ended; make a new one with "
            "`assistant open`",
            code="link_expired",
        )
    return session


async def _admit(request: Request, gateway: Gateway, body: SessionRequest, wanted: str) -> Response:
    """Open a session; the token that REST would show never leaves the gateway."""
    session, token = await open_checked(request, gateway, body)
    return await _enter(request, gateway, session, wanted, key_of(token))


async def _enter(request: Request, gateway: Gateway, session: Session, wanted: str, key: ValueKey | None) -> Response:
    answer = RedirectResponse(wanted, status_code=303)
    set_cookie(request, answer, await gateway.browsers.admit(session, key), session)
    return answer
