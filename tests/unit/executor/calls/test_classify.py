"""What a failed send says about whether AWS carried the change out."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import SSLError as URLLib3SSLError

from services.executor.calls.classify import Failure, SendError, classify, is_throttled, never_connected
from shared.aws.answers.not_aws import not_aws

URL = "https://iam.amazonaws.com"


def answered(status: int | None, code: str = "Any") -> ClientError:
    """What botocore raises for an answer of AWS; without a status one whose status it does not know."""
    metadata: dict[str, Any] = {} if status is None else {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": metadata}, "CreateRole")


def failed(name: str, **more: Any) -> SendError:
    """botocore's exception of this name."""
    error: SendError = getattr(exceptions, name)(**{"endpoint_url": URL, "error": "e", **more})
    return error


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


@pytest.mark.parametrize("error", NO_CONNECTION, ids=named)
def test_what_never_connected_may_be_sent_again(error: SendError) -> None:
    assert never_connected(error)


@pytest.mark.parametrize("error", [*LOST, *OURS], ids=named)
def test_what_may_have_left_is_not_sent_again_without_a_probe(error: SendError) -> None:
    assert not never_connected(error)


@pytest.mark.parametrize(
    ("error", "throttled"),
    [
        (answered(400, "Throttling"), True),
        (answered(503, "SlowDown"), True),
        (answered(429), True),
        (answered(503, "ServiceUnavailable"), False),
        (answered(409, "ConcurrentModification"), False),
        (LOST[0], False),
    ],
)
def test_aws_says_by_code_or_status_that_it_takes_no_more_requests(error: SendError, throttled: bool) -> None:
    assert is_throttled(error) == throttled


def test_an_answer_of_somebody_else_is_a_lost_answer() -> None:
    impostor = not_aws("proxy", "iam:CreateRole", 407, "it has no request id", b"<html>who are you", {})
    assert classify(impostor) is Failure.ANSWER_LOST
    assert not never_connected(impostor)
