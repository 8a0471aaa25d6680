"""Waits for a turn to end, or to wait for an approval, without reading its events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

from services.orchestrator.turns.store import Turn, TurnStore

log = structlog.get_logger(__name__)

# How often it is looked whether a turn has ended in another gateway.
LOOK_SECONDS = 1.0


async def settled(store: TurnStore, turn_id: str, seconds: float, *, runs_here: Callable[[], bool]) -> Turn | None:
    """The turn once it no longer runs, at most `seconds` later; None where it was deleted.

    While it runs here, which `runs_here` says, Redis is not asked: the store tells of every change, and what it has
    saved in the end.
    """
    give_up = time.monotonic() + seconds
    with store.listen(turn_id) as changed:
        while True:
            changed.clear()
            if changed.ended is not None:
                return changed.ended
            left = give_up - time.monotonic()
            if left <= 0 or not runs_here():
                turn = await store.load(turn_id)
                if left <= 0:
                    log.info("turn_still_running", turn_id=turn_id)
                if left <= 0 or turn is None or turn.status != "running":
                    return turn
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), min(left, LOOK_SECONDS))
