"""Ports and numbers of processes, as the environment asks for them."""

from __future__ import annotations

import os
import random
import socket

# A port that the system itself gives away, to a connection or to a server that asks for any, may be gone when it is
# wanted: Linux takes those from 32768 on, other systems those from 49152 on.
BELOW_THE_SYSTEMS = range(20_000, 32_768)
_claims: list[socket.socket] = []


def claim_port(preferred: int = 0) -> int:
    """A free port of the loopback, the preferred one if it can be had, that nobody else is given while we live.

    What shall listen there does so seconds later. A stack that started meanwhile would find the port free as well, and
    take the answers of this one's process for those of its own. The claim is the port of the same number of UDP.
    """
    port, claim = _claimed(preferred)
    _claims.append(claim)  # until the end of the process, which closes it
    return port


def free_port() -> int:
    """As above, for a process that will claim the port itself."""
    port, claim = _claimed(0)
    claim.close()
    return port


def _claimed(preferred: int) -> tuple[int, socket.socket]:
    wanted = [preferred] if preferred else []
    for port in (*wanted, *random.sample(BELOW_THE_SYSTEMS, 50)):
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        if _nobody_listens(port):
            return port, claim
        claim.close()
    raise RuntimeError("no free port")


def _nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wanted_port(name: str, preferred: int = 0) -> int:
    """The port that the variable asks for, else the preferred or another free one. Raises RuntimeError if taken."""
    wanted = os.environ.get(name) or "0"
    if not wanted.isdigit() or int(wanted) > 65535:
        raise RuntimeError(f"{name} is {wanted!r}; it must be a port number")
    port = claim_port(preferred=int(wanted) or preferred)
    if int(wanted) and port != int(wanted):
        # Whoever listens there would answer in its place.
        raise RuntimeError(f"port {wanted} ({name}) is in use; stop what listens there or choose another")
    return port


def count_of(name: str) -> int:
    """How many processes the variable asks for, one by default. Raises RuntimeError for what is no such number."""
    wanted = os.environ.get(name) or "1"
    if not wanted.isdigit() or not 1 <= int(wanted) <= 64:
        raise RuntimeError(f"{name} is {wanted!r}; it must be a number from 1 to 64")
    return int(wanted)
