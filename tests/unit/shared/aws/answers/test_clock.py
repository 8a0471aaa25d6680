"""A wrong clock is told from wrong credentials, whatever code the service gives it, with by how much it is off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.access.guard import Guard
from shared.aws.answers.clock import in_words
from shared.aws.clients import CLIENT_CONFIG, new_session, translate
from shared.errors import AssistantError
from shared.messages import Effect
from shared.sessions.credentials import Credentials
from tests.fakes.aws_server import REQUEST_ID, S3_ID, Sent, aws_server

ANYTHING = Guard("test", effects=frozenset(Effect))
CREDENTIALS = Credentials(access_key_id="AKIAEXAMPLE", secret_access_key="secret")
HOUR = 3600.0

Refused = Callable[..., AssistantError]


@pytest.fixture
def refused() -> Iterator[Refused]:
    """refused("iam", "list_roles", sent): what this system says of the call that AWS answers so."""
    with ExitStack() as stack:

        def call(service: str, method: str, sent: Sent, **arguments: Any) -> AssistantError:
            url = stack.enter_context(aws_server(lambda _: sent))
            session = new_session(ANYTHING, CREDENTIALS)
            client = session.client(service, region_name="eu-west-1", config=CLIENT_CONFIG, endpoint_url=url)
            with pytest.raises(ClientError) as caught:
                getattr(client, method)(**arguments)
            return translate(caught.value)

        yield call


def query(code: str, message: str = "no") -> bytes:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return f"<ErrorResponse>{error}<RequestId>r-1</RequestId></ErrorResponse>".encode()


def ec2(code: str) -> bytes:
    error = f"<Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors>"
    return f"<Response>{error}<RequestID>r-1</RequestID></Response>".encode()


def s3(code: str, more: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>no</Message>{more}<RequestId>r-1</RequestId></Error>".encode()


def json_(code: str, message: str) -> bytes:
    return f'{{"__type": "{code}", "message": "{message}"}}'.encode()


def sent(body: bytes, skew: float, status: int = 403, headers: dict[str, str] = REQUEST_ID) -> Sent:
    return Sent(status, body, headers, skew=skew)


CASES = {
    "iam": ("list_roles", query("SignatureDoesNotMatch", "Signature expired: 20200101T000000Z is now earlier"), 403),
    "sts": ("get_caller_identity", query("SignatureDoesNotMatch"), 403),
    "ec2": ("describe_instances", ec2("AuthFailure"), 401),
    "lambda": ("list_functions", json_("InvalidSignatureException", "Signature not yet current"), 403),
    "s3": ("list_buckets", s3("RequestTimeTooSkewed"), 403),
}


@pytest.mark.parametrize("service", CASES)
@pytest.mark.parametrize(("theirs", "words"), [(-2 * HOUR, "2 h ahead of AWS's"), (HOUR / 2, "30 min behind AWS's")])
def test_a_wrong_clock_is_said_with_by_how_much_and_which_way(
    refused: Refused, service: str, theirs: float, words: str
) -> None:
    method, body, status = CASES[service]
    error = refused(service, method, sent(body, theirs, status, S3_ID if service == "s3" else REQUEST_ID))
    assert (error.code, error.status) == ("clock_skew", 503)
    assert f"the clock of the machine that runs the services is {words}" in error.detail


def test_ended_credentials_of_ec2_are_told_from_a_wrong_clock_by_the_time_of_the_answer(refused: Refused) -> None:
    expired = refused("ec2", "describe_instances", sent(ec2("RequestExpired"), 1, 400))
    skewed = refused("ec2", "describe_instances", sent(ec2("RequestExpired"), HOUR, 400))
    assert (expired.code, skewed.code) == ("credentials_expired", "clock_skew")


@pytest.mark.parametrize("status", [400, 403])
def test_a_head_that_tells_only_a_status_is_the_clock_where_it_is_far_off(refused: Refused, status: int) -> None:
    skewed = refused("s3", "head_bucket", sent(b"", HOUR, status, S3_ID), Bucket="a-bucket")
    right = refused("s3", "head_bucket", sent(b"", 0, status, S3_ID), Bucket="a-bucket")
    assert skewed.code == "clock_skew"
    assert right.code == {400: "aws_400", 403: "aws_access_denied"}[status]


def test_a_wrong_secret_is_no_wrong_clock(refused: Refused) -> None:
    bodies = {"ec2": ec2("AuthFailure"), "s3": s3("SignatureDoesNotMatch")}
    bodies["lambda"] = json_("InvalidSignatureException", "no")
    for service, (method, _, status) in CASES.items():
        body = bodies.get(service, query("SignatureDoesNotMatch"))
        error = refused(service, method, sent(body, 2, status, S3_ID if service == "s3" else REQUEST_ID))
        assert error.code == "credentials_invalid"


def test_a_denial_is_a_denial_whatever_the_clock(refused: Refused) -> None:
    assert refused("iam", "list_roles", sent(query("AccessDenied"), HOUR)).code == "aws_access_denied"


def test_what_aws_says_of_the_times_counts_where_its_answer_has_no_date() -> None:
    message = "Signature expired: 20261126T010000Z is now earlier than 20261126T011500Z (20261126T013000Z - 15 min.)"
    error = ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": message}}, "ListRoles")
    assert "30 min behind AWS's" in translate(error).detail
    s3_error = {"Code": "RequestTimeTooSkewed", "Message": "no", "ServerTime": "2020-01-01T00:00:00Z"}
    assert "ahead of AWS's" in translate(ClientError({"Error": s3_error}, "ListBuckets")).detail  # type: ignore[typeddict-unknown-key]  # as botocore has it


@pytest.mark.parametrize(
    ("skew", "words"),
    [(90061.0, "1 d 1 h 1 min ahead of AWS's"), (-305.0, "5 min behind AWS's"), (0.0, "not AWS's")],
)
def test_a_difference_of_clocks_is_said_in_words(skew: float, words: str) -> None:
    assert in_words(skew) == words
