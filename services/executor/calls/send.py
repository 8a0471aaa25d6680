"""Sends one request that may change AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from services.executor.calls.classify import is_temporary
from services.executor.clock import Clock

FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 5.0


def send(
    call: Callable[[], dict[str, Any]],
    *,
    intend: Callable[[], None],
    again: Callable[[ClientError], bool],
    clock: Clock,
    seconds: float,
) -> dict[str, Any]:
    """AWS's answer to `call`, which is repeated for `seconds` only after failures that surely had no effect.

    So at most one of the sends made here can have changed anything. `intend` writes the intent before each of them,
    because the time that AWS gets to show an effect counts from the last send. Raises the error of the last send.
    """
    until = clock.monotonic() + seconds
    pause = FIRST_PAUSE_SECONDS
    while True:
        intend()
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            if not is_temporary(error, again) or clock.monotonic() + pause > until:
                raise
        clock.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE_SECONDS)
