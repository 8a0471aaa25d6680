"""What takes long to import and make, such as a client with its library: made once, beside everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Late(Generic[T]):
    """Made in a thread by `make`, which imports what it needs, when it is begun or first asked for."""

    def __init__(self, make: Callable[[], T], name: str) -> None:
        self._make, self._name = make, name
        self._making: asyncio.Task[T] | None = None

    def begin(self) -> asyncio.Task[T]:
        """Begin to make it; nobody waits for it before somebody asks."""
        self._making = self._making or asyncio.create_task(asyncio.to_thread(self._make), name=self._name)
        return self._making

    async def get(self) -> T:
        """Raises what `make` raises."""
        # Whoever is stopped meanwhile does not stop what others wait for.
        return await asyncio.shield(self.begin())

    async def if_begun(self) -> T | None:
        """It, where anybody wanted it: to close it."""
        return await self._making if self._making else None
