"""A connection whose client sends nothing, or half of something, or does not read, is closed; others are left alone."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn

from services.orchestrator.http import connections
from services.orchestrator.http.connections import TimedProtocol

HEAD, BODY, UNREAD, KEEP_ALIVE = 0.6, 0.6, 0.6, 3
# Closed within this many seconds: generous, since the machine may be busy.
SOON = 15.0
# Pieces of 64 KiB: far more than the kernel's buffers hold.
MANY = 4000
MOST = 40


class Application:
    """Answers how much it was sent; `/slow` waits first, `/long` has a lot to say, `/early` does not want the body."""

    def __init__(self) -> None:
        self.disconnects = 0
        self.written = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while scope["path"] != "/early":
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnects += 1
                return
            body += message["body"]
            if not message["more_body"]:
                break
        if scope["path"] == "/slow":
            await asyncio.sleep(HEAD * 3)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        while scope["path"] == "/long" and self.written < MANY:
            self.written += 1
            await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        await send({"type": "http.response.body", "body": f"{len(body)} bytes".encode()})


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def connect(application: Application, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], socket.socket]]:
    for name, value in {"HEAD_SECONDS": HEAD, "BODY_SECONDS": BODY, "READ_SECONDS": UNREAD}.items():
        monkeypatch.setattr(connections, name, value)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        application,
        http=TimedProtocol,
        interface="asgi3",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
        limit_concurrency=MOST,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    opened: list[socket.socket] = []

    def make() -> socket.socket:
        opened.append(socket.create_connection(listening.getsockname(), timeout=SOON))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
    server.should_exit = True
    thread.join(5)


def until_closed(client: socket.socket) -> bytes:
    """What comes until the server closes. Raises TimeoutError where it does not."""
    received = b""
    try:
        while chunk := client.recv(65536):
            received += chunk
    except ConnectionError:
        pass
    return received


def one_answer(client: socket.socket) -> bytes:
    """One whole answer, which comes in chunks."""
    received = b""
    while not received.endswith(b"0\r\n\r\n"):
        received += client.recv(65536)
    return received


def trickle(client: socket.socket, piece: bytes, seconds: float) -> bytes:
    """Send a piece again and again for some seconds, or until the server closes; then what it said."""
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            client.sendall(piece)
            time.sleep(0.05)
    except ConnectionError:
        pass
    return until_closed(client)


def test_a_client_that_sends_nothing_is_closed(connect: Callable[[], socket.socket]) -> None:
    assert until_closed(connect()) == b""


def test_half_a_header_is_closed_however_slowly_more_of_it_comes(connect: Callable[[], socket.socket]) -> None:
    half, slow = connect(), connect()
    half.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Half")
    slow.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")

    assert trickle(slow, b"X-A: b\r\n", HEAD + 10).startswith(b"HTTP/1.1 408")
    assert until_closed(half).startswith(b"HTTP/1.1 408")


def test_half_a_body_is_closed_and_the_application_told(
    connect: Callable[[], socket.socket], application: Application
) -> None:
    half, slow = connect(), connect()
    for client in (half, slow):
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf")

    assert trickle(slow, b"x", BODY + 10).startswith(b"HTTP/1.1 408")
    assert until_closed(half).startswith(b"HTTP/1.1 408")
    assert application.disconnects == 2


def test_a_large_body_may_take_its_time_while_it_comes(connect: Callable[[], socket.socket]) -> None:
    client = connect()
    total = 40 * 8192
    client.sendall(f"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {total}\r\n\r\n".encode())
    for _ in range(40):
        # A third of a megabyte in three times BODY: five times as fast as it has to be.
        client.sendall(b"x" * 8192)
        time.sleep(BODY * 3 / 40)

    assert f"{total} bytes".encode() in until_closed(client)


def test_the_rest_of_a_body_that_is_answered_already_is_not_taken_for_ever(
    connect: Callable[[], socket.socket],
) -> None:
    client = connect()
    client.sendall(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")

    answer = trickle(client, b"x" * 50_000, 10)

    assert b"408" not in answer


def test_a_connection_that_is_used_again_has_the_same_deadlines(connect: Callable[[], socket.socket]) -> None:
    client = connect()
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    client.sendall(request)
    assert b"200 OK" in one_answer(client)
    time.sleep(HEAD * 1.5)
    client.sendall(request)  # idle for longer than a head may take: that is uvicorn's keep-alive
    assert b"200 OK" in one_answer(client)
    client.sendall(b"GET / HT")
    pipelined = connect()
    pipelined.sendall(request + b"GET / HT")

    assert until_closed(client).startswith(b"HTTP/1.1 408")
    assert until_closed(pipelined).partition(b"HTTP/1.1 408")[1]


def test_an_answer_that_takes_long_is_waited_for(connect: Callable[[], socket.socket]) -> None:
    client = connect()
    client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert b"200 OK" in until_closed(client)


def test_a_client_that_does_not_read_is_closed(connect: Callable[[], socket.socket], application: Application) -> None:
    client = connect()
    client.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
    # Until nothing more fits into the buffers between the two.
    before, until = -1, time.monotonic() + SOON
    while application.written != before and time.monotonic() < until:
        before = application.written
        time.sleep(0.2)
    time.sleep(UNREAD * 2)

    assert len(until_closed(client)) < MANY * 65536


def test_a_machine_that_is_gone_is_noticed_by_the_kernel() -> None:
    one, other = socket.create_server(("127.0.0.1", 0)), socket.socket()
    other.connect(one.getsockname())

    connections._set_clocks(other)
    connections._set_clocks(None)

    assert other.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    other.close()
    one.close()


def problem_of(answer: bytes) -> dict[str, Any]:
    """The problem in a whole answer, checked to be one."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert f"content-length: {len(body)}".encode() in head.lower()
    problem: dict[str, Any] = json.loads(body)
    assert head.startswith(f"HTTP/1.1 {problem['status']} {problem['title']}".encode())
    assert problem["request_id"].encode() in head
    return problem


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n{}",
        b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{}",
    ],
)
def test_what_is_no_http_is_told_so_as_a_problem(connect: Callable[[], socket.socket], sent: bytes) -> None:
    client = connect()
    client.sendall(sent)

    problem = problem_of(until_closed(client))

    assert (problem["status"], problem["code"]) == (400, "malformed_request")


def test_who_is_too_slow_is_told_so_as_a_problem(connect: Callable[[], socket.socket]) -> None:
    client = connect()
    client.sendall(b"GET / HT")

    assert problem_of(until_closed(client))["code"] == "request_timeout"


def test_one_connection_too_many_is_told_so_as_a_problem(connect: Callable[[], socket.socket]) -> None:
    others = [connect() for _ in range(MOST)]
    client = others.pop()
    client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    answer = until_closed(client)

    assert problem_of(answer)["code"] == "too_many_connections"
    assert b"retry-after: 5" in answer
