"""Bounded child processes: one request each, a few at a time, killed when they take too long."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from shared.errors import Busy, Unavailable
from shared.evaluation.process import TooCostly

log = structlog.get_logger(__name__)

# How long a child that has answered may take to end.
END_SECONDS = 1.0

# The child imports its own module and what that needs; `-I` leaves the repository out of the path otherwise.
_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from {module} import main; main()"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one request: address space and result in bytes, processor and wall-clock seconds; and how many at once.

    A document of 8 MiB is some 250 MB of Python objects at worst. `waiting`: more than these are refused.
    """

    memory_bytes: int = 512 * 1024 * 1024
    result_bytes: int = 8 * 1024 * 1024
    cpu_seconds: int = 4
    seconds: float = 10.0
    at_once: int = 2
    waiting: int = 14


class Children:
    """The children of one module, which has a `main` that serves (`process.serve`). One per event loop.

    After `start` the next child is there before it is needed: it takes a tenth of a second.
    """

    def __init__(self, module: str, limits: Limits, flags: Sequence[str] = ("-I",)) -> None:
        self.limits = limits
        self._command = (sys.executable, *flags, "-c", _START.format(module=module), _ROOT)
        self._slots = asyncio.Semaphore(limits.at_once)
        self._asked = 0
        self._started = False
        self._spare: Process | None = None

    async def start(self) -> None:
        """Start the first child."""
        self._started = True
        await self._prestart()

    async def stop(self) -> None:
        """End the child that waits."""
        self._started = False
        if self._spare:
            await _end(self._spare)
            self._spare = None

    async def ask(self, request: Mapping[str, Any], documents: Sequence[bytes]) -> tuple[dict[str, str], bytes]:
        """The head of a child's answer, and the result.

        Raises TooCostly where the child was killed, Busy (`too_many_evaluations`) and Unavailable.
        """
        if self._asked >= self.limits.at_once + self.limits.waiting:
            raise Busy("too many evaluations are under way; try again in a moment", code="too_many_evaluations")
        self._asked += 1
        try:
            async with self._slots:
                return await self._answered(request, documents)
        finally:
            self._asked -= 1

    async def _answered(self, request: Mapping[str, Any], documents: Sequence[bytes]) -> tuple[dict[str, str], bytes]:
        child, self._spare = self._spare, None
        child = child or await self._child()
        head = json.dumps({"request": request, "sizes": [len(document) for document in documents]}).encode()
        grace = 0.0
        try:
            async with asyncio.timeout(self.limits.seconds):
                output = await _exchange(child, [head + b"\n", *documents])
            grace = END_SECONDS
        except TimeoutError:
            raise TooCostly(f"it takes longer than {self.limits.seconds:g} s") from None
        finally:
            await _end(child, grace)
            await self._prestart()
        answered, _, result = output.partition(b"\n")
        if not answered:
            # Killed by the kernel, for its processor time or its memory.
            log.warning("evaluation_killed", exit_code=child.returncode)
            raise TooCostly("it takes too much time or memory")
        failed: dict[str, str] = json.loads(answered)
        return failed, result

    async def _prestart(self) -> None:
        """Have a child wait for the next request, unless one does."""
        if not self._started or self._spare:
            return
        child = await self._child()
        if self._started and not self._spare:
            self._spare = child
        else:
            await _end(child)

    async def _child(self) -> Process:
        limits = (str(self.limits.memory_bytes), str(self.limits.cpu_seconds))
        try:
            return await asyncio.create_subprocess_exec(
                *self._command, *limits, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd="/", env={}
            )
        except OSError as error:
            log.warning("evaluation_not_started", error=str(error))
            raise Unavailable("no process can be started to evaluate this; try again in a moment") from error


async def _exchange(child: Process, parts: Sequence[bytes]) -> bytes:
    """Write the request, read the answer to its end."""
    assert child.stdin
    assert child.stdout
    writing = asyncio.create_task(_write(child.stdin, parts), name="evaluation's input")
    try:
        return await child.stdout.read()
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def _write(stream: asyncio.StreamWriter, parts: Sequence[bytes]) -> None:
    """Write everything and close; a child that has ended already leaves its answer, or none."""
    with suppress(ConnectionError):
        for part in parts:
            stream.write(part)
            await stream.drain()
        stream.close()
        await stream.wait_closed()


async def _end(child: Process, grace: float = END_SECONDS) -> None:
    """Wait until the child has ended, as it does after its answer or without a request; kill it after `grace` s."""
    if child.stdin:
        child.stdin.close()
    try:
        async with asyncio.timeout(grace):
            await child.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
