"""Many HTTP clients in one process, each on a connection of its own that stays open; they cost as little as can be."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: Mapping[str, str]) -> None:
        self._reader, self._writer = reader, writer
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "Host: bench\r\n"

    async def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """One request; the answer's body. Raises RuntimeError where it is no success."""
        sent = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(sent)}\r\n\r\n"
        self._writer.write(head.encode() + sent)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(answer.partition("content-length: ")[2].partition("\r\n")[0])
        found = await self._reader.readexactly(length)
        if not answer.startswith("http/1.1 2"):
            raise RuntimeError(f"{method} {path}: {answer.splitlines()[0]} {found.decode()}")
        return found

    def close(self) -> None:
        self._writer.close()


async def spent(
    address: tuple[str, int], headers: Mapping[str, str], clients: int, each: int, request: tuple[str, str, Any]
) -> list[float]:
    """Seconds of each request of so many clients, who ask one after another."""
    opened = [Client(*await asyncio.open_connection(*address, limit=2**26), headers) for _ in range(clients)]

    async def ask_all(client: Client) -> list[float]:
        seconds = []
        for _ in range(each):
            started = time.perf_counter()
            await client.ask(*request)
            seconds.append(time.perf_counter() - started)
        return seconds

    try:
        found = await asyncio.gather(*map(ask_all, opened))
    finally:
        for client in opened:
            client.close()
    return [second for of_client in found for second in of_client]
