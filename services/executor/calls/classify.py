"""What a failed send says about whether AWS carried the change out."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from shared.aws.answers.translation import error_code, is_throttling, refuses_certificate

SendError: TypeAlias = ClientError | BotoCoreError | ResponseParserError
# For `except`; a union of types is not taken there.
SEND_ERRORS = (ClientError, BotoCoreError, ResponseParserError)

_NO_CONNECTION = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
# TLS can also break after the request has left: only a refused certificate proves that nothing was sent.
_ANSWER_LOST = (HTTPClientError, ResponseParserError, SSLError)


class Failure(Enum):
    """How far a send came."""

    NOT_SENT = "not_sent"
    """Nothing of the request left this process: the change was not made."""
    REFUSED = "refused"
    """AWS answered no: this send did not make the change, an earlier one may have."""
    ANSWER_UNCLEAR = "answer_unclear"
    """AWS answered without saying whether it made the change (a 5xx, its own time-out). It works on it no more."""
    ANSWER_LOST = "answer_lost"
    """The request left and no answer was read: AWS may have made the change, or be at work on it still."""


def classify(error: SendError) -> Failure:
    """How far a send came that ended in this error."""
    if isinstance(error, ClientError):
        refused = 400 <= status_of(error) < 500 and error_code(error) != "RequestTimeout"
        return Failure.REFUSED if refused else Failure.ANSWER_UNCLEAR
    if isinstance(error, SSLError) and refuses_certificate(error):
        return Failure.NOT_SENT
    # The rest of BotoCoreError comes before any connection: parameters, credentials, the endpoint.
    return Failure.ANSWER_LOST if isinstance(error, _ANSWER_LOST) else Failure.NOT_SENT


def never_connected(error: BotoCoreError) -> bool:
    """Whether no connection came about, so that AWS surely did nothing, and may be reached in a moment."""
    return isinstance(error, _NO_CONNECTION)


def is_throttled(error: SendError) -> bool:
    """Whether AWS takes no more requests just now, by whatever status it says so."""
    if not isinstance(error, ClientError):
        return False
    message = str(error.response.get("Error", {}).get("Message", ""))
    return status_of(error) == 429 or is_throttling(error_code(error), message)


def status_of(error: ClientError) -> int:
    """The HTTP status of AWS's answer, 0 where it is not known."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
