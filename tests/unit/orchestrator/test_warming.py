"""What requests will need is made once the gateway is ready, and nobody waits longer than that for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.orchestrator.warming import LOOKS, warm_up_when_ready


class Looks:
    """Readiness that comes with the look of this number."""

    def __init__(self, ready_at: int) -> None:
        self.ready_at, self.looked = ready_at, 0

    async def __call__(self) -> dict[str, bool]:
        self.looked += 1
        return {"redis": True, "info": self.looked >= self.ready_at}


def part(name: str, made: list[str]) -> Callable[[], Awaitable[None]]:
    async def make() -> None:
        made.append(name)

    return make


async def test_the_parts_are_made_in_their_order_once_all_is_ready() -> None:
    looks, made = Looks(ready_at=3), list[str]()
    await warm_up_when_ready(looks, part("model", made), part("mcp", made), between=0, after=0)
    assert (looks.looked, made) == (3, ["model", "mcp"])


async def test_they_are_made_in_the_end_where_a_worker_never_comes() -> None:
    looks, made = Looks(ready_at=10**9), list[str]()
    await warm_up_when_ready(looks, part("model", made), between=0, after=0)
    assert (looks.looked, made) == (LOOKS, ["model"])
