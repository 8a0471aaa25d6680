"""Where the gateway is, and whether keys and tokens may travel there."""

from __future__ import annotations

import ipaddress
from urllib.parse import quote, urlsplit

from cli.errors import Usage


def checked(address: str, *, plain_http: bool = False) -> str:
    """The address without a slash at its end. Raises Usage for what is none, and for HTTP that leaves this machine."""
    try:
        parts = urlsplit(address.strip())
        host, _ = parts.hostname, parts.port
        plain = not (parts.query or parts.fragment or parts.username)
    except ValueError:
        host, plain = None, False
    if not host or not plain or parts.scheme not in ("http", "https"):
        raise Usage(f"{address!r} is no address of a gateway", do="Write it like http://127.0.0.1:8080.")
    if parts.scheme == "http" and not plain_http and not is_local(host):
        raise Usage(
            f"{address} is not encrypted, and keys and tokens would travel to another machine",
            do="Use its https:// address; where the network between is your own, add --plain-http.",
        )
    return address.strip().rstrip("/")


def is_local(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def at(*parts: object) -> str:
    """A path of the API; an id that somebody typed stays one part of it, whatever it holds."""
    return "/v1/" + "/".join(quote(str(part), safe="") for part in parts)
