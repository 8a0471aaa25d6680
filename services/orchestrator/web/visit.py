"""Who looks at a page: the session that is open in the browser, found by its cookie."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.routes.auth import admitted
from services.orchestrator.sessions.session import Session
from shared.keys.sealed_values import ValueKey, unwrapped

# Pages that a person may be led back to.
_OWN_PAGE = re.compile(r"/(chat|plans|grants|audit|tools|session)(/[A-Za-z0-9_.-]{1,80}){0,3}")


class SignedOut(Exception):
    """No session is open in this browser. `leading.py` answers it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A session in a browser, and the token that its forms have."""

    session: Session
    csrf: str
    cookie: str
    # What opens values sealed for the session, encrypted under the cookie.
    wrapped_key: str | None = None

    def value_key(self) -> ValueKey:
        """What opens the values that were sealed for the session. Raises Gone where this browser never had it."""
        return unwrapped(self.wrapped_key or "", self.cookie)


def cookie_name(request: Request) -> str:
    """With https, browsers keep a name that begins with `__Host-` to this host and to secure connections."""
    return "__Host-assistant" if request.url.scheme == "https" else "assistant"


def set_cookie(request: Request, response: Response, cookie: str, session: Session) -> None:
    """Give the browser its cookie, which no script can read and no other site's request carries."""
    response.set_cookie(
        cookie_name(request),
        cookie,
        max_age=session.remaining(),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def forget_cookie(request: Request, response: Response) -> None:
    """Have the browser forget its cookie."""
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request), path="/", secure=secure, httponly=True, samesite="strict")


async def find_visit(request: Request, gateway: CurrentGateway) -> Visit | None:
    """The visit of the request's cookie; None where no session is open, or it has ended."""
    cookie = request.cookies.get(cookie_name(request), "")
    browser = await gateway.browsers.find(cookie)
    session = await gateway.sessions.get(browser.session_id) if browser else None
    if browser is None or session is None or session.expires_at <= time.time():
        return None
    return Visit(session, browser.csrf, cookie, browser.value_key)


async def require_visit(request: Request, gateway: CurrentGateway) -> Visit:
    """FastAPI dependency. Raises SignedOut, and Busy over the session's requests in a minute."""
    visit = await find_visit(request, gateway)
    if visit is None:
        raise SignedOut
    request.state.visit = visit
    session = await admitted(request, gateway, visit.session)
    return replace(visit, session=session)


def own_page(path: str | None) -> str:
    """The path, where it is one of the page's own; else where a visit begins."""
    return path if path and _OWN_PAGE.fullmatch(path) else "/chat"


CurrentVisit = Annotated[Visit, Depends(require_visit)]
AnyVisit = Annotated[Visit | None, Depends(find_visit)]
