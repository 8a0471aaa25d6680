"""Whose connection is it: the process behind a local port, and signals to it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable

import psutil


def owner_of(port: int, candidates: Iterable[int]) -> int | None:
    """The process, of the candidates, that has a connection from this local port."""
    for pid in candidates:
        with contextlib.suppress(psutil.Error):
            if any(found.laddr and found.laddr.port == port for found in psutil.Process(pid).net_connections("tcp")):
                return pid
    return None


def send(pid: int, number: signal.Signals) -> bool:
    """Signal a process; False where it is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
