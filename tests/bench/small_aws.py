"""AWS, as far as opening a session and a small call need it: each answer comes after a fixed time and costs nothing.

    python -m tests.bench.small_aws --port 4566 [--milliseconds 80]

`ANSWERS` has one function for each operation, by the name that the request gives (`Action`, the end of `X-Amz-Target`),
of REST services by method and path. Signatures are not looked at: what is measured is the way to AWS and back, not AWS.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

ACCOUNT, USER = "123456789012", "bench"
REQUEST_ID = "0f3c7e1c-5f1d-4c4e-9d3c-7c0f2f6d9a10"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `region` is the one it was signed for; `values` are its query's and form's parameters."""

    method: str
    path: str
    region: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    body: str
    status: int = 200
    content_type: str = "text/xml"


Answer = Callable[[Asked], Said]


def _caller(_: Asked) -> Said:
    caller = f"<Arn>arn:aws:iam::{ACCOUNT}:user/{USER}</Arn><UserId>AIDABENCH</UserId><Account>{ACCOUNT}</Account>"
    return _query("GetCallerIdentity", caller)


def _session_token(_: Asked) -> Said:
    given = "<AccessKeyId>ASIABENCHBENCHBENCH0</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    given += "<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    return _query("GetSessionToken", f"<Credentials>{given}</Credentials>")


def _regions(_: Asked) -> Said:
    item = "<item><regionName>us-east-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>"
    return Said(
        '<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        f"<requestId>{REQUEST_ID}</requestId><regionInfo>{item}</regionInfo></DescribeRegionsResponse>"
    )


def _denied(_: Asked) -> Said:
    error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not allowed</Message></Error>"
    return Said(f"<ErrorResponse>{error}<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>", 403)


def _health(_: Asked) -> Said:
    return Said("{}", content_type="application/json")


ANSWERS: Mapping[str, Answer] = {
    "GetCallerIdentity": _caller,
    "GetSessionToken": _session_token,
    "DescribeRegions": _regions,
    "GetUser": _denied,
    "GET /healthz": _health,
}


def _query(operation: str, result: str) -> Said:
    """An answer of the query protocol, as STS and IAM have it."""
    return Said(
        f'<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{operation}Result>{result}'
        f"</{operation}Result><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata>"
        f"</{operation}Response>"
    )


def _name(asked: Asked, target: str) -> str:
    """Under which name a request's answer stands."""
    if target or "Action" in asked.values:
        return target or asked.values["Action"]
    return f"{asked.method} {asked.path}"


class Double:
    """Answers requests, each `seconds` after it has come."""

    def __init__(self, answers: Mapping[str, Answer], seconds: float) -> None:
        self._answers, self._seconds = answers, seconds

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept open."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *lines = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines if one)}
                if headers.get("expect"):
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                said = self._said(line, headers, body.decode("latin-1"))
                if not line.startswith("GET /healthz"):
                    await asyncio.sleep(self._seconds)
                writer.write(_http(said))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _said(self, line: str, headers: Mapping[str, str], body: str) -> Said:
        method, address, _ = line.split(" ", 2)
        parts = urlsplit(address)
        form = "x-www-form-urlencoded" in headers.get("content-type", "")
        values = dict(parse_qsl(parts.query, keep_blank_values=True)) | (dict(parse_qsl(body)) if form else {})
        signed = headers.get("authorization", "").partition("Credential=")[2].split("/")
        asked = Asked(method, parts.path.rstrip("/") or "/", signed[2] if len(signed) > 2 else "", values)
        target = headers.get("x-amz-target", "").rpartition(".")[2]
        return self._answers.get(_name(asked, target), _denied)(asked)


def _http(said: Said) -> bytes:
    body = said.body.encode()
    reason = "OK" if said.status == 200 else "Forbidden"
    head = f"HTTP/1.1 {said.status} {reason}\r\ncontent-type: {said.content_type}\r\nx-amzn-RequestId: {REQUEST_ID}\r\n"
    return f"{head}x-amz-request-id: {REQUEST_ID}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


async def main(port: int, milliseconds: float) -> None:
    double = Double(ANSWERS, milliseconds / 1000)
    server = await asyncio.start_server(double.serve, "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--milliseconds", type=float, default=80.0)
    options = parser.parse_args()
    asyncio.run(main(options.port, options.milliseconds))
