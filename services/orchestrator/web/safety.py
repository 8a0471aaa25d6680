"""What keeps other sites out of the page: the Host it is asked for by, where a form was sent from, and its headers.

- Host: a site that points its own name at this machine (DNS rebinding) would be the same origin to a browser.
- Origin and Sec-Fetch-Site: a form is taken from this site's own pages only, also where there is no session yet.
- Content-Security-Policy: scripts, styles, images and connections of this site alone; nothing inline.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.hosts import is_own_host
from shared.errors import Forbidden

CSP = "default-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
HEADERS = {
    "Content-Security-Policy": CSP,
    # `no-referrer` would have browsers send forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Vary": "Cookie, HX-Request",
}


async def check_host(request: Request, gateway: CurrentGateway) -> None:
    """FastAPI dependency. Raises Forbidden (`host_not_allowed`)."""
    if not is_own_host(request.headers.get("host", ""), gateway.settings.own_hosts):
        raise Forbidden(
            "this name is not one of the page's own. If it should be, name it in PAGE_HOSTS; otherwise another site "
            "has pointed its name here",
            code="host_not_allowed",
        )


def check_origin(request: Request) -> None:
    """Raise Forbidden (`foreign_form`) for a form that another site's page sent."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = site not in (None, "same-origin", "none")
    if origin is not None:
        foreign = foreign or urlsplit(origin).netloc != request.headers.get("host", "")
    if foreign or (site is None and origin is None):
        raise Forbidden(
            "the form was not sent from this site's own page, so nothing was done; open the page and send it there",
            code="foreign_form",
        )
