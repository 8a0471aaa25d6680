"""What takes long to make is made once, for whoever asks."""

from __future__ import annotations

import asyncio
import threading

import pytest

from services.orchestrator.late import Late


class Slow:
    """Made when it is let go."""

    def __init__(self) -> None:
        self.made, self.may = 0, threading.Event()

    def __call__(self) -> int:
        self.may.wait(10)
        self.made += 1
        return self.made


async def test_it_is_made_once_for_all_who_ask() -> None:
    slow = Slow()
    late = Late(slow, "slow")
    late.begin()
    asking = [asyncio.create_task(late.get()) for _ in range(3)]
    slow.may.set()
    assert await asyncio.gather(*asking) == [1, 1, 1]
    assert await late.if_begun() == 1


async def test_who_is_stopped_while_waiting_does_not_stop_what_others_wait_for() -> None:
    slow = Slow()
    late = Late(slow, "slow")
    stopped, other = asyncio.create_task(late.get()), asyncio.create_task(late.get())
    await asyncio.sleep(0)
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    slow.may.set()
    assert await other == 1


async def test_what_nobody_asked_for_is_not_made_to_be_closed() -> None:
    slow = Slow()
    assert await Late(slow, "slow").if_begun() is None
    assert slow.made == 0


async def test_whoever_asks_hears_why_it_cannot_be_made() -> None:
    def fails() -> int:
        raise ValueError("no address")

    with pytest.raises(ValueError, match="no address"):
        await Late(fails, "slow").get()
