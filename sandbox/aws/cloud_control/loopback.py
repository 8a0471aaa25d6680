"""How handlers call the services of the sandbox: through its front door, signed as the caller of Cloud Control.

So IAM decides these calls with the caller's policies, boundary and session policies (AWS: forward access sessions), and
they are in the request log and the event history. They go into the front door without a socket, in the thread that
makes them: one that answers a request holds the front door's turn already.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials

from sandbox.aws.iam.principals import Principal
from sandbox.aws.protocol.in_process import sender
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
        client.meta.events.register("before-send", sender(self._door, {INVOKED_BY: SERVICE}))
        return client


def _address(request: AWSRequest, **_: object) -> None:
    parts = urlsplit(request.url)
    request.url = urlunsplit(parts._replace(netloc=_acting.get().host))
