"""Requests to the gateway: each tried again where that is safe, each failure one of `cli.errors`.

A POST that changes something carries an `Idempotency-Key`, so that it can be sent again after a lost connection and
still happens once. What the gateway has no room for (429, 503) is sent again when its `Retry-After` says.
"""

from __future__ import annotations

import os
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from cli.errors import Usage
from cli.gateway.addresses import is_local
from cli.gateway.problems import body_of, error_of, unreachable

CONNECT_SECONDS = 10.0
# Longer than the two minutes that the gateway waits for a turn or a plan's preparation.
ANSWER_SECONDS = 150.0
HURRIED_SECONDS = 2.0
# Three times the gateway's `: ping`.
SILENCE_SECONDS = 45.0
LOST_PAUSES = (0.3, 0.7, 1.5, 3.0)
MAX_WAIT_SECONDS = 90.0
BUSY_PAUSE = 2.0

Body = Mapping[str, Any] | None
Say = Callable[[str], None]


class Gateway:
    """One gateway, with the token of one session, or none to open one. `say` tells a person why it waits.

    `hurried`: it answers at once, or the request fails; nothing is tried again.
    """

    def __init__(
        self, address: str, token: str | None = None, *, say: Say, ca_file: str | None = None, hurried: bool = False
    ) -> None:
        self.address, self._say, self._hurried = address, say, hurried
        self._reached = False
        self._http = httpx.Client(
            base_url=address,
            timeout=HURRIED_SECONDS if hurried else httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            # A proxy of the environment is never asked for this machine.
            trust_env=not is_local(urlsplit(address).hostname or ""),
            verify=_trusted(ca_file),
            headers={"User-Agent": "aws-assistant-cli"} | ({"Authorization": f"Bearer {token}"} if token else {}),
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object at a path. Raises CliError."""
        return body_of(self._send("GET", path, params=_given(params)))

    def get_changed(self, path: str, etag: str | None) -> tuple[dict[str, Any] | None, str | None]:
        """The object and its ETag; None in its place where it is still the one of `etag`."""
        response = self._send("GET", path, headers={"If-None-Match": etag} if etag else {})
        found = None if response.status_code == 304 else body_of(response)
        return found, response.headers.get("etag") or etag

    def post(self, path: str, body: Body = None, *, once: bool = True, again: bool = True) -> dict[str, Any]:
        """POST a body. `once`: under an Idempotency-Key; `again`: whether a lost connection is tried again at all."""
        headers = {"Idempotency-Key": new_key()} if once else {}
        return body_of(self._send("POST", path, json=body, headers=headers, again=again))

    def exchange(self, path: str, message: Body, headers: Mapping[str, str]) -> dict[str, Any] | None:
        """POST a message of JSON-RPC, whose errors are answers too; None where none is expected. Raises CliError.

        It is sent once: whether a lost one has arrived is for who wrote it to find out.
        """
        waited = 0.0
        while True:
            try:
                response = self._http.post(path, json=message, headers=dict(headers))
            except httpx.HTTPError as error:
                raise unreachable(error, self.address) from None
            if pause := self._wait_if_busy(response, waited):
                waited += pause
                continue
            if response.is_success and not response.content:
                return None
            if "json" in response.headers.get("content-type", "") and "jsonrpc" in (body := body_of(response)):
                return body
            raise error_of(response)

    def delete(self, path: str) -> None:
        """DELETE what is at a path."""
        self._send("DELETE", path)

    def pages(self, path: str, params: Mapping[str, Any] | None = None, most: int | None = None) -> dict[str, Any]:
        """All pages of a list as one: `items` (at most `most`), and what the pages said they cannot show."""
        items: list[Any] = []
        unreadable: list[Any] = []
        cursor, whole = None, {}
        while True:
            whole = self.get(path, {**(params or {}), "cursor": cursor})
            items += whole.get("items", [])
            unreadable += whole.get("unreadable") or []
            cursor = whole.get("next_cursor")
            if not cursor or (most is not None and len(items) >= most):
                break
        cut = most is not None and len(items) > most
        more = {"more": True} if cut or cursor else {}
        return whole | {"items": items[:most]} | more | ({"unreadable": unreadable} if unreadable else {})

    @contextmanager
    def stream(
        self, method: str, path: str, body: Body = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """An open answer, read as it comes. A lost connection raises httpx.TransportError, a problem CliError."""
        timeout, waited = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS), 0.0
        while True:
            with self._http.stream(method, path, json=body, headers=dict(headers or {}), timeout=timeout) as response:
                self._reached = True
                if response.is_success:
                    yield response
                    return
                response.read()
                pause = self._wait_if_busy(response, waited)
                if not pause:
                    raise error_of(response)
            waited += pause

    @contextmanager
    def download(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes at a path, as they come. Raises CliError, also where the connection is lost on the way."""
        try:
            with self.stream("GET", path) as response:
                yield response.iter_bytes()
        except httpx.TransportError as error:
            raise unreachable(error, self.address) from None

    def lost(self, error: httpx.HTTPError, tries: int) -> None:
        """Wait before the next try after a lost connection; `tries` counts from 0. Raises where there is none."""
        refused_at_first = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not self._reached
        if refused_at_first or tries >= len(LOST_PAUSES):
            raise unreachable(error, self.address) from None
        if tries:
            self._say("the connection was lost; trying again")
        time.sleep(LOST_PAUSES[tries])

    def _wait_if_busy(self, response: httpx.Response, waited: float) -> float:
        """Wait where the answer says to come again; the seconds waited, 0 where the answer counts."""
        if response.status_code not in (429, 503) or waited >= MAX_WAIT_SECONDS:
            return 0.0
        said = response.headers.get("retry-after")
        if said is None and response.status_code == 503:
            return 0.0
        pause = float(said) if said and said.isascii() and said.isdigit() else BUSY_PAUSE
        if waited + pause > MAX_WAIT_SECONDS:
            return 0.0
        pause = max(pause, 0.2)
        self._say(f"the gateway is busy; trying again in {pause:.0f} s")
        time.sleep(pause)
        return pause

    def _send(self, method: str, path: str, *, again: bool = True, **request: Any) -> httpx.Response:
        again = again and not self._hurried
        lost, waited = 0, 0.0
        while True:
            try:
                response = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                if not again:
                    raise unreachable(error, self.address) from None
                self.lost(error, lost)
                lost += 1
                continue
            except httpx.HTTPError as error:
                raise unreachable(error, self.address) from None
            self._reached = True
            if response.is_success or response.status_code == 304:
                return response
            if pause := self._wait_if_busy(response, waited) if again else 0.0:
                waited += pause
                continue
            failure = error_of(response)
            if lost and failure.code == "idempotency_in_progress" and waited < MAX_WAIT_SECONDS:
                # The first of our own tries has arrived after all.
                time.sleep(1)
                waited += 1
                continue
            raise failure


def new_key() -> str:
    """An Idempotency-Key of one request and all its repetitions."""
    return f"cli-{uuid.uuid4().hex}"


def _given(params: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (params or {}).items() if value is not None}


def _trusted(ca_file: str | None) -> ssl.SSLContext | bool:
    """What certificates are checked against: the usual authorities, and those of a file. Raises Usage."""
    named = ca_file or os.environ.get("ASSISTANT_CA_FILE")
    if not named:
        return True
    try:
        return ssl.create_default_context(cafile=named)
    except (OSError, ssl.SSLError) as error:
        raise Usage(f"{named} holds no certificates that can be read: {error}") from None
