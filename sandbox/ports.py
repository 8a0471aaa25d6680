"""Ports and numbers of processes, as the environment asks for them."""

from __future__ import annotations

import os
import socket

_claims: list[socket.socket] = []


def free_port(preferred: int = 0) -> int:
    """A port of the loopback that is free now: the preferred one if it can be had."""
    for wanted in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError("no free port")


def claim_port(preferred: int = 0) -> int:
    """A free port, as above, that no other stack of this machine is given while this process lives.

    What shall listen there does so seconds later. A stack that started meanwhile would find the port free as well, and
    take the answers of this one's process for those of its own. The claim is the port of the same number of UDP.
    """
    for wanted in (preferred, *[0] * 20):
        port = free_port(wanted)
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)  # until the end of the process, which closes it
        return port
    raise RuntimeError("no free port")


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
