"""What takes long to import and requests will need: imported once the gateway is ready, so that it is ready sooner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

LOOK_SECONDS, LOOKS = 0.5, 60
# What starts beside the gateway may not be ready yet.
AFTER_SECONDS = 3.0


async def warm_up_when_ready(
    ready: Callable[[], Awaitable[Mapping[str, bool]]],
    *parts: Callable[[], Awaitable[None]],
    between: float = LOOK_SECONDS,
    after: float = AFTER_SECONDS,
) -> None:
    """Make the parts, one after another, `after` seconds after all of `ready` is true, or else after 60 looks.

    Until then everything else that starts on this machine needs its processors more. A part that somebody asks for
    meanwhile is made at once.
    """
    for _ in range(LOOKS):
        if all((await ready()).values()):
            break
        await asyncio.sleep(between)
    await asyncio.sleep(after)
    for part in parts:
        await part()
