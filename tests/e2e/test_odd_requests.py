"""Requests that no client of good will sends: each is refused as a problem with a declared code, and none is a 5xx."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from shared.error_codes.registry import find
from tests.e2e.client import User

JSON = b"Content-Type: application/json\r\n"
DEEP = b'{"goal": "g", "steps": [{"operation": "create_s3_bucket", "arguments": %s}]}'
BODIES = {
    "a lone surrogate": b'{"goal": "\\ud800", "steps": [{"operation": "create_s3_bucket"}]}',
    "a lone surrogate in an argument": DEEP % b'{"bucket_name": "\\ud800"}',
    "a lone surrogate as a name": DEEP % b'{"\\udfff": "a"}',
    "NUL": DEEP % b'{"bucket_name": "a\\u0000b", "region": "\\u0000"}',
    "a raw NUL": b'{"goal": "\x00"}',
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "a deep argument": DEEP % (b'{"a": ' * 800 + b"1" + b"}" * 800),
    "a number of 5,000 digits": DEEP % (b'{"a": ' + b"9" * 5000 + b"}"),
    "infinity": DEEP % b'{"a": 1e999}',
    "NaN": DEEP % b'{"a": NaN}',
    "keys twice": b'{"goal": "g", "goal": "h", "steps": [], "steps": []}',
    "UTF-16": '{"goal": "g"}'.encode("utf-16"),
    "Latin-1": '{"goal": "é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"goal": "\xc0\x80"}',
    "null": b"null",
    "text": b'"x"',
    "blanks": b"   ",
}
PATHS = (
    b"/%00",
    b"/v1/plans/%00",
    b"/v1/plans/%ff%fe",
    b"/v1/plans/%ED%A0%80",
    b"/v1/plans/..%2f..%2fetc",
    b"//v1/plans",
    b"/v1/plans/a%0d%0aX:1",
    b"/v1/plans/" + b"a" * 8000,
    b"/v1/turns/%00/events",
    b"/v1/results/res__",
    b"/v1/results/res_info_x?path=%00",
    b"/v1/plans?cursor=%00",
    b"/v1/plans?cursor=%ff",
    b"/v1/plans?limit=" + b"9" * 5000,
    b"/v1/plans?limit=%D9%A3",
    b"/v1/plans?status=done&status=x",
    b"/v1/audit?cursor=-1",
    b"/v1/plans;x=1",
    b"*",
)
HEADERS = {
    "two lengths": b"Content-Length: 2\r\nContent-Length: 3\r\n",
    "a negative length": b"Content-Length: -1\r\n",
    "a length beyond all bounds": b"Content-Length: 99999999999999999999\r\n",
    "an unknown transfer coding": b"Transfer-Encoding: gzip\r\n",
    "a broken chunk": b"Transfer-Encoding: chunked\r\n\r\nZZ",
    "two types": b"Content-Length: 2\r\nContent-Type: text/plain\r\n",
    "a compressed body": b"Content-Length: 2\r\nContent-Encoding: br\r\n",
    "an idempotency key of other bytes": b"Content-Length: 2\r\nIdempotency-Key: \xe9\r\n",
}


@pytest.fixture(scope="module")
def signed_in(user: User) -> bytes:
    return f"Host: gateway\r\nAuthorization: Bearer {user.session['token']}\r\n".encode()


def send(user: User, request: bytes) -> bytes:
    """What the gateway says until it closes the connection, or has said all."""
    host, port = user.facts["gateway"].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received or not is_whole(received):
            if not (piece := connection.recv(65536)):
                break
            received += piece
    return received


def is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(lengths) and len(body) >= int(lengths[0].split(b":")[1])


def check_refused(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 4"), head
    assert b"content-type: application/problem+json" in head.lower(), head
    problem: dict[str, Any] = json.loads(body)
    assert find(problem["code"]) is not None, problem
    return problem


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
@pytest.mark.parametrize("path", [b"/v1/plans", b"/v1/chat", b"/v1/grants", b"/v1/sessions"])
def test_a_body_that_cannot_be_meant_is_refused(user: User, signed_in: bytes, path: bytes, body: bytes) -> None:
    head = b"POST " + path + b" HTTP/1.1\r\n" + signed_in + JSON + f"Content-Length: {len(body)}\r\n\r\n".encode()

    check_refused(send(user, head + body))


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_an_address_that_cannot_be_meant_is_refused(user: User, signed_in: bytes, path: bytes) -> None:
    check_refused(send(user, b"GET " + path + b" HTTP/1.1\r\n" + signed_in + b"\r\n"))


@pytest.mark.parametrize("headers", HEADERS.values(), ids=list(HEADERS))
def test_headers_that_lie_are_refused(user: User, signed_in: bytes, headers: bytes) -> None:
    check_refused(send(user, b"POST /v1/plans HTTP/1.1\r\n" + signed_in + JSON + headers + b"\r\n{}"))


@pytest.mark.parametrize("path", ["/v1/turns/{}", "/v1/turns/{}/events", "/v1/conversations"])
def test_head_of_a_turn_answers_at_once_without_a_body(user: User, path: str) -> None:
    turn = user.ask("Create a bucket named head-of-a-turn in eu-west-1")

    answer = user.http.head(path.format(turn["turn_id"]), timeout=10)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["X-Request-ID"]
