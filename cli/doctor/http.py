"""One plain request, for what stands behind an address: nothing is followed, and a failure is a sentence."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any

SECONDS = 8.0
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `ahead`: seconds that this machine's clock is ahead of the server's, None without a Date."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ahead: float | None

    def json(self) -> Any:
        """The body as JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers.items() if key.lower() == name), None)


class Unreachable(Exception):
    """Nothing answered; the message says why."""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def ask(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    """GET an address. Raises Unreachable."""
    if not url.startswith(("http://", "https://")):
        raise Unreachable(f"{url!r} is no address: it must begin with http:// or https://")
    request = urllib.request.Request(url, headers=dict(headers or {}) | {"User-Agent": "aws-assistant-doctor"})  # noqa: S310  # checked above
    started = time.time()
    try:
        with urllib.request.build_opener(_Stay()).open(request, timeout=SECONDS) as answer:
            return _answer(answer.status, dict(answer.headers), answer.read(MAX_BYTES), started)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, dict(error.headers), error.read(MAX_BYTES), started)
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(_why(error)) from None


def _answer(status: int, headers: dict[str, str], body: bytes, started: float) -> Answer:
    middle = (started + time.time()) / 2
    date = next((value for name, value in headers.items() if name.lower() == "date"), None)
    try:
        ahead = middle - parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        ahead = None
    return Answer(status, headers, body, ahead)


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({reason.verify_message}): something else answers in its place"
    return str(reason) or type(reason).__name__
