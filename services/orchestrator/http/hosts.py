"""By which names the web page is asked for, and the address under which a browser finds it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from fastapi import Request

from services.orchestrator.settings import GatewaySettings

_LOCAL = ("localhost", "ip6-localhost")


def host_name(host: str) -> str:
    """The name or address in a Host header, without port and brackets; empty where it is no host."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_own_host(host: str, allowed: tuple[str, ...]) -> bool:
    """Whether the page may be asked for by this Host: an address, this machine's name, or one of the settings'."""
    name = host_name(host)
    if name in _LOCAL or name.endswith(".localhost") or name in allowed:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def page_elsewhere(request: Request, settings: GatewaySettings) -> str | None:
    """PAGE_URL, where the request came by a name that the page is not answered to at (another container's); else None.

    Who came by a name of the page's own knows better than a setting where a browser finds it: at that name.
    """
    if not settings.page_url or is_own_host(request.headers.get("host", ""), settings.own_hosts):
        return None
    return settings.page_url.rstrip("/")


def pages_address(request: Request, settings: GatewaySettings) -> str:
    """The address below which the web page is, for whoever sent the request."""
    return page_elsewhere(request, settings) or str(request.base_url).rstrip("/")
