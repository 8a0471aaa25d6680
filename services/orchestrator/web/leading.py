"""Where a browser is led in which no session is open."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from services.orchestrator.web.rendering import part
from services.orchestrator.web.visit import own_page


async def lead_to_open(request: Request, _: Exception) -> Response:
    """The answer to SignedOut: where a session is opened, and from there back to this page."""
    back = own_page(request.url.path)
    if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        # A strict cookie does not come with a link in a mail or a chat. It does with one of our own page.
        return part("led.html", target=back)
    target = f"/open?next={quote(back)}" if request.method == "GET" and back != "/chat" else "/open"
    if "hx-request" in request.headers:
        # A part of a page: the whole page is left. An event stream asks less and less often after a 401.
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)
