"""What a failed send says about whether AWS carried the change out."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import SSLError as URLLib3SSLError

from services.executor.calls.classify import Failure, SendError, classify, is_temporary

URL = "https://iam.amazonaws.com"


def answered(status: int | None, code: str = "Any") -> ClientError:
    """What botocore raises for an answer of AWS; without a status one whose status it does not know."""
    metadata: dict[str, Any] = {} if status is None else {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": metadata}, "CreateRole")


def failed(name: str, **more: Any) -> SendError:
    """botocore's exception of this name."""
    error: SendError = getattr(exceptions, name)(**{"endpoint_url": URL, "error": "e", **more})
    return error


def never(_: ClientError) -> bool:
    return False


REFUSED = [answered(400, "ValidationError"), answered(403, "AccessDenied"), answered(409, "EntityAlreadyExists")]
UNCLEAR = [
    answered(500, "InternalFailure"),
    answered(503, "ServiceUnavailable"),
    answered(400, "RequestTimeout"),
    answered(301, "PermanentRedirect"),
    answered(None),
]
LOST = [
    failed("ReadTimeoutError"),
    failed("ConnectionClosedError"),
    failed("HTTPClientError"),
    failed("ResponseStreamingError"),
    failed("SSLError", error=URLLib3SSLError(ssl.SSLEOFError("EOF occurred in violation of protocol"))),
    ResponseParserError("not XML"),
]
NO_CONNECTION = [
    failed("EndpointConnectionError"),
    failed("ConnectTimeoutError"),
    failed("ProxyConnectionError", proxy_url="http://proxy"),
]
OURS = [
    failed("SSLError", error=URLLib3SSLError(ssl.SSLCertVerificationError("self-signed certificate"))),
    failed("ParamValidationError", report="RoleName is missing"),
    failed("NoCredentialsError"),
    failed("UnknownEndpointError", service_name="iam", region_name="nowhere"),
]


def named(error: SendError) -> str:
    return f"{type(error).__name__}-{error.response if isinstance(error, ClientError) else ''}"


@pytest.mark.parametrize(
    ("errors", "failure"),
    [
        (REFUSED, Failure.REFUSED),
        (UNCLEAR, Failure.ANSWER_UNCLEAR),
        (LOST, Failure.ANSWER_LOST),
        (NO_CONNECTION, Failure.NOT_SENT),
        (OURS, Failure.NOT_SENT),
    ],
    ids=["refused", "unclear", "lost", "no-connection", "ours"],
)
def test_a_failed_send_is_one_of_four_kinds(errors: list[SendError], failure: Failure) -> None:
    assert {named(error): classify(error) for error in errors} == {named(error): failure for error in errors}


@pytest.mark.parametrize(
    "error",
    [
        answered(400, "Throttling"),
        answered(503, "SlowDown"),
        answered(429),
        answered(409, "ConcurrentModification"),
        answered(409, "ConcurrentModificationException"),
        *NO_CONNECTION,
    ],
    ids=named,
)
def test_what_surely_had_no_effect_and_passes_may_be_sent_again(error: SendError) -> None:
    assert is_temporary(error, never)


@pytest.mark.parametrize("error", [*REFUSED, *UNCLEAR, *LOST, *OURS], ids=named)
def test_nothing_else_is_sent_again_without_a_probe(error: SendError) -> None:
    assert not is_temporary(error, never)


def test_an_operation_may_name_a_refusal_that_passes() -> None:
    refused = answered(400, "InvalidParameterValueException")
    assert is_temporary(refused, lambda error: error is refused)
    # An answer that was lost is no refusal, whatever an operation names.
    assert not is_temporary(LOST[0], lambda error: True)
