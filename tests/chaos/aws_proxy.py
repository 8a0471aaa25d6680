"""Stands before AWS: names and counts every request, every effect, and spoils what it is told to.

An effect is a request that can change something and that AWS answered with 2xx. A call AWS takes twice
(AttachRolePolicy, CreateBucket in us-east-1) makes two effects when it is sent twice. Where AWS itself knows a repeated
request it is one effect: by the idempotency token that it was sent with, and of Cloud Control by the request token
that AWS answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.chaos.aws_errors import FAILED, Answer, refused, throttled
from tests.chaos.aws_wire import Call, name_call

REFUSED = "refused"
# AWS itself works an order off in this time, whoever has stopped waiting for it.
UPSTREAM_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to one request, in the order of the fields; `kill` hooks get the caller's port."""

    delay: float = 0.0
    before: Callable[[int], Awaitable[None]] | None = None
    instead: Callable[[Call], Answer] | None = None
    close_before: bool = False
    after: Callable[[int], Awaitable[None]] | None = None
    hold: float = 0.0
    answer: Callable[[Call], Answer] | None = None
    close_after: bool = False
    replied: Callable[[int], Awaitable[None]] | None = None


NONE = Fault()
ERROR_AFTER = Fault(answer=FAILED[500])
ERROR_BEFORE = Fault(instead=FAILED[500])
CLOSE_AFTER = Fault(close_after=True)
CLOSE_BEFORE = Fault(close_before=True)
THROTTLE = Fault(instead=throttled)


@dataclass(frozen=True, slots=True)
class Effect:
    """A change AWS confirmed: when it was sent on, when it was answered (Unix seconds).

    `token` is Cloud Control's request token, by which AWS says later how it ended.
    """

    call: Call
    sent: float
    answered: float
    token: str = ""


@dataclass(slots=True)
class Request:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def lower(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers}


class ConnectionClosed(Exception):
    """The client is gone, or shall be."""


@dataclass
class AwsProxy:
    """An HTTP proxy on the loopback; `spoil` names the fault of each request."""

    upstream_port: int
    spoil: Callable[[Call], Fault] = lambda call: NONE
    requests: Counter[str] = field(default_factory=Counter)
    effects: list[Effect] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    # Requests that AWS took for ones that it had carried out already.
    repeated: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _server: asyncio.Server | None = None
    _known: set[tuple[str, str]] = field(default_factory=set)

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=1 << 20)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server:
            self._server.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = int(writer.get_extra_info("peername")[1])
        with contextlib.suppress(ConnectionClosed, ConnectionError, asyncio.IncompleteReadError):
            while True:
                request = await _read_request(reader, writer)
                await self._handle(request, peer, writer)
        writer.close()

    async def _handle(self, request: Request, peer: int, writer: asyncio.StreamWriter) -> None:
        call = name_call(request.method, request.target, request.lower, request.body)
        self.requests[call.name] += 1
        if call.mutating and REFUSED in call.resource and not call.operation.startswith("Delete"):
            await _reply(writer, request.method, refused(call))
            return
        fault = self.spoil(call)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.before:
            await fault.before(peer)
        if fault.close_before:
            raise ConnectionClosed
        if fault.instead:
            await _reply(writer, request.method, fault.instead(call))
            return
        # What was sent on is worked off, also where the client goes away meanwhile.
        answer = await self._forward(request, call)
        if fault.after:
            await fault.after(peer)
        if fault.hold:
            await asyncio.sleep(fault.hold)
        if fault.close_after:
            raise ConnectionClosed
        await _reply(writer, request.method, fault.answer(call) if fault.answer else answer)
        if fault.replied:
            await fault.replied(peer)

    async def _forward(self, request: Request, call: Call) -> Answer:
        sent = time.time()
        try:
            async with asyncio.timeout(UPSTREAM_SECONDS):
                answer = await _exchange(self.upstream_port, request)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
            # The double itself is not what is tested: its failures must be seen, not swallowed.
            self.faults[f"upstream {type(error).__name__}"] += 1
            raise ConnectionClosed from None
        if call.mutating and 200 <= answer[0] < 300:
            self._count(call, sent, answer)
        return answer

    def _count(self, call: Call, sent: float, answer: Answer) -> None:
        token = call.token
        if call.service == "cloudcontrol":
            token = str(json.loads(answer[2])["ProgressEvent"]["RequestToken"])
        if token and (call.name, token) in self._known:
            self.repeated[call.name] += 1
            return
        self._known.add((call.name, token))
        self.effects.append(Effect(call, sent, time.time(), token if call.service == "cloudcontrol" else ""))


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        raise ConnectionClosed from None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    lower = {name.lower(): value for name, value in headers}
    if lower.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in lower.get("transfer-encoding", ""):
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(lower.get("content-length") or 0))
    return Request(method, target, headers, body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = int((await reader.readline()).split(b";")[0], 16)
        body += await reader.readexactly(size)
        await reader.readline()
        if size == 0:
            return body


async def _exchange(port: int, request: Request) -> Answer:
    """Send the request on, over a connection of its own, and read the whole answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    try:
        dropped = {"connection", "expect", "transfer-encoding", "content-length"}
        kept = [(name, value) for name, value in request.headers if name.lower() not in dropped]
        kept += [("Connection", "close"), ("Content-Length", str(len(request.body)))]
        head = "".join(f"{name}: {value}\r\n" for name, value in kept)
        writer.write(f"{request.method} {request.target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + request.body)
        top = await reader.readuntil(b"\r\n\r\n")
        first, *lines = top.decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
        lower = {name.lower(): value for name, value in headers.items()}
        if request.method == "HEAD":
            body = b""
        elif "chunked" in lower.get("transfer-encoding", ""):
            body = await _read_chunks(reader)
        else:
            body = await reader.readexactly(int(lower["content-length"])) if "content-length" in lower else b""
            body += await reader.read() if "content-length" not in lower else b""
        return int(first.split(" ")[1]), headers, body
    finally:
        writer.close()


async def _reply(writer: asyncio.StreamWriter, method: str, answer: Answer) -> None:
    status, headers, body = answer
    dropped = {"connection", "transfer-encoding"} | (set() if method == "HEAD" else {"content-length"})
    kept = {name: value for name, value in headers.items() if name.lower() not in dropped}
    if method != "HEAD":
        kept["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
    writer.write(f"HTTP/1.1 {status} Answer\r\n{head}\r\n".encode("latin-1") + (b"" if method == "HEAD" else body))
    await writer.drain()
