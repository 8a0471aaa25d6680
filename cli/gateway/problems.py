"""The error for every failed request: a problem of the gateway (RFC 9457), another server in its place, no answer."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from cli.errors import CliError, NoSession, Refused, Unreachable
from shared.error_codes.registry import find

LOG_IN = "Log in again: assistant login"
# Codes of a session that has ended, or whose credentials have: another one is needed.
_ENDED = frozenset({"invalid_token", "session_expired", "credentials_expired", "sealed_for_another_key"})


def error_of(response: httpx.Response) -> CliError:
    """The error that a response of status 300 or more stands for. Its body has been read."""
    if response.is_redirect:
        where = response.headers.get("location", "elsewhere")
        return Unreachable(
            f"{response.request.url.host} sends us to {where}", do="Give the gateway's own address with --gateway."
        )
    problem = _object(response)
    if "code" not in problem:
        return not_the_gateway(response)
    code = str(problem["code"])
    if response.status_code == 401 and code in _ENDED | {"unauthenticated"}:
        return NoSession(str(problem.get("detail") or "the session has ended"), do=LOG_IN, code=code, problem=problem)
    declared = find(code)
    says_more = declared and _bare(declared.meaning) != _bare(str(problem.get("detail")))
    return Refused(response.status_code, problem, do=declared.meaning if declared and says_more else None)


def _bare(sentence: str) -> str:
    return sentence.strip(" .").casefold()


def not_the_gateway(response: httpx.Response) -> Unreachable:
    """An answer that is not in the gateway's words."""
    kind = response.headers.get("content-type", "no content type")
    return Unreachable(
        f"what answers at {response.request.url.host} is not the gateway: HTTP {response.status_code}, {kind}",
        do="Look at the address, and at a proxy on the way.",
        code="not_the_gateway",
    )


def body_of(response: httpx.Response) -> dict[str, Any]:
    """A successful answer's JSON object. Raises Unreachable where it is none."""
    body = _object(response)
    if not body:
        raise not_the_gateway(response)
    return body


def unreachable(error: httpx.HTTPError, address: str) -> Unreachable:
    """Why no answer came, in a sentence."""
    if certificate := _certificate_error(error):
        return Unreachable(
            f"the certificate of {address} is not trusted: {certificate}",
            do="If it is your own, name the file of its authority: --ca-file FILE or ASSISTANT_CA_FILE.",
            code="certificate_not_trusted",
        )
    if isinstance(error, httpx.ConnectError):
        refused = "refused" in str(error).lower()
        return Unreachable(
            f"nothing answers at {address}" + ("" if refused else f" ({error})"),
            do="Is the gateway running? `make up` or `docker compose up` starts it; --gateway names another address.",
        )
    if isinstance(error, httpx.TimeoutException):
        return Unreachable(
            f"{address} did not answer in time", do="Try again, or look at it: assistant doctor", code="gateway_timeout"
        )
    return Unreachable(
        f"the connection to {address} was lost ({type(error).__name__})", do="Try again.", code="connection_lost"
    )


def _certificate_error(error: BaseException) -> str | None:
    """What is wrong with a certificate, or with TLS at all, somewhere in the chain of causes."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return seen.verify_message
        if isinstance(seen, ssl.SSLError):
            return seen.reason or str(seen)
        seen = seen.__cause__ or seen.__context__
    text = str(error)
    return text if "CERTIFICATE_VERIFY_FAILED" in text or "[SSL" in text else None


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
