"""Stands before Redis: reads every command, and cuts, kills or delays where it is told to.

A command is looked at whole before any byte of it goes on, so "before Redis got it" and "after Redis did it,
before the answer" are exact moments.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Hook = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to one command: hooks get the client's port; a cut loses the command or its answer."""

    before: Hook | None = None
    cut_before: bool = False
    after: Hook | None = None
    hold: float = 0.0
    cut_after: bool = False

    @property
    def on_answer(self) -> bool:
        return bool(self.after or self.hold or self.cut_after)


NONE = Fault()


def boundary_of(command: list[bytes]) -> str | None:
    """What a command writes of a plan's run: "take", "intent", "outcome", "plan" or "lease"; None for another.

    The run's functions are those whose first key begins with `run:`; they differ in their keys and arguments.
    """
    if len(command) < 5 or command[0].upper() != b"FCALL" or not command[3].startswith(b"run:"):
        return None
    count = int(command[2])
    arguments = command[3 + count :]
    if count == 1:
        return "take" if len(arguments) == 3 else "lease"
    entries = arguments[4:]
    if any(b'"state":"intent"' in entry for entry in entries):
        return "intent"
    return "outcome" if entries else "plan"


def hint_of(command: list[bytes]) -> bytes | None:
    """The Celery message that a publish to the executor's queue pushes."""
    if len(command) < 6 or command[0].upper() != b"FCALL" or command[4] != b"open:executor":
        return None
    arguments = command[5:]
    return arguments[1] if command[1].startswith(b"tasks_publish_") else None


def is_reading_replies(command: list[bytes]) -> bool:
    return command[0].upper() == b"XREAD" and any(part.startswith(b"reply:") for part in command)


@dataclass
class RedisProxy:
    """A TCP proxy on the loopback; `spoil` names the fault of each command."""

    upstream_port: int
    spoil: Callable[[list[bytes]], Fault] = lambda command: NONE
    commands: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=1 << 22)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = int(writer.get_extra_info("peername")[1])
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port, limit=1 << 22)
        except OSError:
            writer.close()
            return
        link = _Link(self, peer, reader, writer, up_reader, up_writer)
        await link.run()


@dataclass
class _Link:
    """One client's connection and its twin to Redis."""

    proxy: RedisProxy
    peer: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    up_reader: asyncio.StreamReader
    up_writer: asyncio.StreamWriter
    waiting: Fault = NONE

    async def run(self) -> None:
        tasks = [asyncio.create_task(self._commands()), asyncio.create_task(self._answers())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.writer.close()
        self.up_writer.close()

    async def _commands(self) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                raw, command = await _read_command(self.reader)
                self.proxy.commands[command[0].upper().decode()] += 1
                fault = self.proxy.spoil(command)
                if fault.before:
                    await fault.before(self.peer)
                if fault.cut_before:
                    return
                if fault.on_answer:
                    self.waiting = fault
                self.up_writer.write(raw)
                await self.up_writer.drain()

    async def _answers(self) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await self.up_reader.read(1 << 16):
                fault, self.waiting = self.waiting, NONE
                if fault.after:
                    await fault.after(self.peer)
                if fault.hold:
                    await asyncio.sleep(fault.hold)
                if fault.cut_after:
                    return
                self.writer.write(data)
                await self.writer.drain()


async def _read_command(reader: asyncio.StreamReader) -> tuple[bytes, list[bytes]]:
    """One command as it came, and its parts; clients send arrays of bulk strings only."""
    line = await reader.readline()
    if not line:
        raise asyncio.IncompleteReadError(b"", None)
    raw, parts = [line], []
    if not line.startswith(b"*"):
        return line, line.split() or [b""]
    for _ in range(int(line[1:])):
        size = await reader.readline()
        data = await reader.readexactly(int(size[1:]) + 2)
        raw += [size, data]
        parts.append(data[:-2])
    return b"".join(raw), parts
