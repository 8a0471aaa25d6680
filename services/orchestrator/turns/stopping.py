"""Stops a turn because a person said so: whichever gateway runs it, or whatever plan it waits for.

`turn:{id}:stop` is the request. The gateway that runs the turn looks for it, ends the turn as `cancelled`, and lets its
calls go: no worker begins one any more, and a plan that is being prepared is cancelled before anybody can approve it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from services.orchestrator.turns.store import ENDED, KEEP_SECONDS, Turn, TurnStore, turn_key
from shared.errors import Conflict

# How long a request waits for the turn to end; it is stopped later all the same.
WAIT_SECONDS = 5.0
PAUSE_SECONDS = 0.1


def stop_key(turn_id: str) -> str:
    return f"{turn_key(turn_id)}:stop"


def check_not_ended(turn: Turn) -> None:
    """Raise Conflict (`already_ended`) for a turn of which nothing is left to stop."""
    if turn.status in ENDED:
        raise Conflict(f"there is nothing to stop: the turn is {turn.status}", code="already_ended")


async def wanted(store: TurnStore, turn_ids: Iterable[str]) -> list[str]:
    """Those of the turns that somebody wants to be stopped."""
    names = list(turn_ids)
    found: Any = await store.redis.mget([stop_key(name) for name in names]) if names else []
    return [name for name, request in zip(names, found, strict=True) if request is not None]


async def stop(
    store: TurnStore,
    turn: Turn,
    nudge: Callable[[str], None],
    withdraw: Callable[[str], Awaitable[None]],
    end: Callable[[Turn], Awaitable[None]],
) -> Turn:
    """Have the turn end as `cancelled`, and return it as it is then; after `WAIT_SECONDS` it may still be running.

    `nudge` stops it at once if this process runs it. `withdraw` cancels the plan that it waits for, and raises Conflict
    where that is decided already; `end` saves the turn as cancelled. Raises Conflict (`already_ended`).
    """
    give_up = time.monotonic() + WAIT_SECONDS
    asked = False
    while True:
        if turn.status in ENDED:
            if asked and turn.status == "cancelled":
                return turn
            check_not_ended(turn)
        if turn.status == "running":
            if not asked:
                await store.redis.set(stop_key(turn.turn_id), "1", ex=KEEP_SECONDS)
            asked = True
            nudge(turn.turn_id)
        elif await store.acquire(turn.turn_id):
            # Under the lease, so that the end of the plan does not resume the turn first.
            try:
                return await _stop_waiting(store, turn, withdraw, end)
            finally:
                await store.release(turn.turn_id)
        if time.monotonic() > give_up:
            return turn
        await asyncio.sleep(PAUSE_SECONDS)
        turn = await store.of_owner(turn.turn_id, turn.owner_id)


async def _stop_waiting(
    store: TurnStore, seen: Turn, withdraw: Callable[[str], Awaitable[None]], end: Callable[[Turn], Awaitable[None]]
) -> Turn:
    turn = await store.of_owner(seen.turn_id, seen.owner_id)
    if turn.status != "waiting_for_approval" or turn.plan_id is None:
        raise Conflict("the turn goes on at this moment, since its plan has ended; try again", code="turn_moved_on")
    await withdraw(turn.plan_id)
    await end(turn)
    return turn
