"""How handlers call the services of the sandbox: through its front door, signed as the caller of Cloud Control.

So IAM decides these calls with the caller's policies, boundary and session policies (AWS: forward access sessions), and
they are in the request log and the event history. They go into the front door without a socket, in the thread that
makes them: one that answers a request holds the front door's turn already.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit, urlunsplit

import botocore.session
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials

from sandbox.aws.iam.principals import Principal
from sandbox.aws.protocol.wsgi import INVOKED_BY, WsgiApp

SERVICE = "cloudformation.amazonaws.com"
"""Who calls for the caller: Cloud Control's handlers are CloudFormation's."""

_CONFIG = Config(
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


@dataclass(frozen=True)
class Caller:
    """In whose name handlers call, and where. URLs of the sandbox begin with `host`, as the caller reaches it."""

    principal: Principal
    region: str
    host: str


_acting: ContextVar[Caller] = ContextVar("the caller in whose name a handler runs")


class _CallersCredentials(Credentials):  # type: ignore[misc]  # botocore has no types
    """The credentials of whoever a handler acts for, so that clients need not be made for each."""

    def __init__(self) -> None:
        super().__init__("loopback", "loopback")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        principal = _acting.get().principal
        token = principal.temporary.session_token if principal.temporary else None
        return ReadOnlyCredentials(principal.access_key_id, principal.secret_access_key, token, None)


class _Body(io.BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        while chunk := self.read(65536):
            yield chunk


class Loopback:
    """boto3-like clients of the sandbox's own services; one per service and region for all callers."""

    def __init__(self, door: WsgiApp) -> None:
        self._door = door
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()
        self._session: Any = None

    @contextmanager
    def acting_for(self, caller: Caller) -> Iterator[None]:
        """Calls of this thread are the caller's."""
        token = _acting.set(caller)
        try:
            yield
        finally:
            _acting.reset(token)

    def __call__(self, service: str) -> Any:
        """The client of a service in the caller's region."""
        key = (service, _acting.get().region)
        client = self._clients.get(key)
        if client is None:
            with self._making:  # making a client changes its session
                client = self._clients.get(key) or self._made(*key)
                self._clients[key] = client
        return client

    @property
    def account(self) -> str:
        return _acting.get().principal.account

    @property
    def region(self) -> str:
        return _acting.get().region

    def _made(self, service: str, region: str) -> Any:
        if self._session is None:
            self._session = botocore.session.Session()
            self._session._credentials = _CallersCredentials()
        client = self._session.create_client(
            service, region_name=region, endpoint_url="http://sandbox", config=_CONFIG, verify=False
        )
        client.meta.events.register_first(f"before-sign.{client.meta.service_model.service_id.hyphenize()}", _address)
        client.meta.events.register("before-send", self._send)
        return client

    def _send(self, request: Any, **_: object) -> AWSResponse:
        started: list[Any] = []
        body = b"".join(self._door(_environment(request), lambda *answer: started.append(answer)))
        status, headers = started[-1][0], dict(started[-1][1])
        return AWSResponse(request.url, int(status.split(" ", 1)[0]), headers, _Body(body))


def _address(request: AWSRequest, **_: object) -> None:
    parts = urlsplit(request.url)
    request.url = urlunsplit(parts._replace(netloc=_acting.get().host))


def _environment(request: Any) -> dict[str, Any]:
    """A prepared request as WSGI has it."""
    parts = urlsplit(request.url)
    body = request.body or b""
    content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    host, _, port = parts.netloc.partition(":")
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "RAW_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "REQUEST_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        INVOKED_BY: SERVICE,
        **_headers(request.headers),
    }


def _headers(headers: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if key == "CONTENT_LENGTH":
            continue
        found[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
    return found
