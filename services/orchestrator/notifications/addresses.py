"""Where a webhook may go: a public address over https, or an internal one that the operator has named.

A name is looked up before every delivery and the connection goes to the very address that was checked, so that a name
which changes its address in between (DNS rebinding) leads nowhere else.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from shared.errors import InvalidArguments, Unavailable

LOOKUP_SECONDS = 5.0
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Addresses that carry another one, which a router on the way may unpack: NAT64 (RFC 6052, RFC 8215), 6to4, Teredo.
_CARRIERS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
# (host, port) -> its addresses now. Raises OSError.
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver with the address that was checked."""

    host: str
    port: int
    address: str
    scheme: str
    path: str

    @property
    def url(self) -> str:
        """The URL by address; the host goes along as `Host` and in TLS."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{address}:{self.port}{self.path}"


def parsed(url: str) -> SplitResult:
    """The URL's parts. Raises ValueError, without the URL: its path may be a secret."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("a webhook's URL begins with https:// and a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("a webhook's URL has no user, password or fragment")
    if parts.port == 0:  # the property raises ValueError for what is no port
        raise ValueError("a webhook's URL has no such port")
    return parts


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a host now."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


async def checked(url: str, allowed: Sequence[Network], lookup: Lookup = look_up) -> Target:
    """Look the receiver up. Raises InvalidArguments (`webhook_refused`) where it may not be sent to, Unavailable
    (`webhook_unreachable`) where the name has no address."""
    parts = parsed(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            addresses = await lookup(host, port)
    except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
        raise Unavailable(f"{host} could not be looked up: {error}", code="webhook_unreachable") from None
    # All of them must be allowed: which one is taken is not the receiver's choice.
    if not addresses or not all(_may_be_reached(address, parts.scheme, allowed) for address in addresses):
        raise InvalidArguments(
            f"{host} is no public address over https, nor in a network of WEBHOOK_NETWORKS", code="webhook_refused"
        )
    path = parts.path or "/"
    return Target(host, port, addresses[0], parts.scheme, f"{path}?{parts.query}" if parts.query else path)


def _may_be_reached(address: str, scheme: str, allowed: Sequence[Network]) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    inner = mapped or found
    if any(inner in network for network in allowed if network.version == inner.version):
        return True
    carries = any(inner in network for network in _CARRIERS if network.version == inner.version)
    return scheme == "https" and inner.is_global and not inner.is_multicast and not carries
