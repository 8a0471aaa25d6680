"""Sends one request that may change AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError

from services.executor.calls.classify import never_connected
from services.executor.clock import Clock

FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 5.0


def send(
    call: Callable[[], dict[str, Any]],
    *,
    intend: Callable[[], None],
    never_left: Callable[[], None],
    clock: Clock,
    seconds: float,
) -> dict[str, Any]:
    """AWS's answer to `call`, which is repeated for `seconds` only while no connection comes about.

    So at most one of the sends made here can have changed anything. `intend` writes the intent before each of them,
    because the time that AWS gets to show an effect counts from the last send; `never_left` is told of each that found
    no connection. Raises the error of the last send.
    """
    until = clock.monotonic() + seconds
    pause = FIRST_PAUSE_SECONDS
    while True:
        intend()
        try:
            return call()
        except BotoCoreError as error:
            if not never_connected(error):
                raise
            never_left()
            if clock.monotonic() + pause > until:
                raise
        clock.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE_SECONDS)
