"""Evaluates JMESPath expressions in child processes: one process each, killed when it takes too long."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from shared.errors import Busy, Unavailable
from shared.evaluation import expression as expressions

log = structlog.get_logger(__name__)

# How long a child that has answered may take to end.
END_SECONDS = 1.0

_CHILD = str(Path(__file__).with_name("child.py"))
_CODES = {"invalid_path": expressions.invalid, "path_too_costly": expressions.too_costly}


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one evaluation: address space and result in bytes, processor and wall-clock seconds; and how many at once.

    A document of 8 MiB is some 250 MB of Python objects at worst. `waiting`: more than these are refused.
    """

    memory_bytes: int = 512 * 1024 * 1024
    result_bytes: int = 8 * 1024 * 1024
    cpu_seconds: int = 4
    seconds: float = 10.0
    at_once: int = 2
    waiting: int = 14


class Evaluator:
    """One per process. After `start` the next child is there before it is needed: it takes a tenth of a second."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._slots = asyncio.Semaphore(self.limits.at_once)
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

    async def search(self, expression: str, document: bytes) -> bytes:
        """What the expression selects of the document, both as JSON.

        Raises BadRequest (`invalid_path`, `path_too_costly`), Busy (`too_many_evaluations`) and Unavailable.
        """
        expressions.check(expression)
        if self._asked >= self.limits.at_once + self.limits.waiting:
            raise Busy("too many expressions are being evaluated; try again in a moment", code="too_many_evaluations")
        self._asked += 1
        try:
            async with self._slots:
                return await self._evaluated(expression, document)
        finally:
            self._asked -= 1

    async def _evaluated(self, expression: str, document: bytes) -> bytes:
        child, self._spare = self._spare, None
        child = child or await self._child()
        request = json.dumps({"expression": expression, "result_bytes": self.limits.result_bytes}).encode()
        grace = 0.0
        try:
            async with asyncio.timeout(self.limits.seconds):
                output = await self._exchange(child, request + b"\n" + document)
            grace = END_SECONDS
        except TimeoutError:
            raise expressions.too_costly(f"it takes longer than {self.limits.seconds:g} s") from None
        finally:
            await _end(child, grace)
            await self._prestart()
        head, _, result = output.partition(b"\n")
        if not head:
            # Killed by the kernel, for its processor time or its memory.
            log.warning("evaluation_killed", exit_code=child.returncode)
            raise expressions.too_costly("it takes too much time or memory")
        failed = json.loads(head)
        if failed:
            raise _CODES[failed["error"]](failed["detail"])
        return result

    async def _prestart(self) -> None:
        """Have a child wait for the next request, unless one does."""
        if not self._started or self._spare:
            return
        child = await self._child()
        if self._started and not self._spare:
            self._spare = child
        else:
            await _end(child)

    async def _exchange(self, child: Process, request: bytes) -> bytes:
        """Write the request, read the answer to its end."""
        assert child.stdin
        assert child.stdout
        writing = asyncio.create_task(_write(child.stdin, request), name="evaluation's input")
        try:
            return await child.stdout.read()
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _child(self) -> Process:
        limits = (str(self.limits.memory_bytes), str(self.limits.cpu_seconds))
        command = (sys.executable, "-I", _CHILD, *limits)
        try:
            return await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd="/", env={}
            )
        except OSError as error:
            log.warning("evaluation_not_started", error=str(error))
            raise Unavailable("no process can be started to evaluate path; try again in a moment") from error


async def _write(stream: asyncio.StreamWriter, data: bytes) -> None:
    """Write everything and close; a child that has ended already leaves its answer, or none."""
    with suppress(ConnectionError):
        stream.write(data)
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
