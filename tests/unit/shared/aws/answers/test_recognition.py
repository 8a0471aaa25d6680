"""Answers that are not AWS's are told from those that are, over HTTP and for every protocol."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.access.guard import Guard
from shared.aws.answers.not_aws import NotAws, first_words
from shared.aws.clients import CLIENT_CONFIG, new_session, translate
from shared.messages import Effect
from shared.sessions.credentials import Credentials
from tests.fakes.aws_server import PORTAL, REQUEST_ID, S3_ID, Script, Sent, aws_server

CREDENTIALS = Credentials(access_key_id="AKIAEXAMPLE", secret_access_key="secret")
ANYTHING = Guard("test", effects=frozenset(Effect))

Client = Callable[[str, Script], Any]


@pytest.fixture
def client() -> Iterator[Client]:
    """client("s3", script): a client as the product makes it, whose AWS answers what the script says."""
    with ExitStack() as stack:

        def make(service: str, script: Script) -> Any:
            url = stack.enter_context(aws_server(script))
            session = new_session(ANYTHING, CREDENTIALS)
            return session.client(service, region_name="eu-west-1", config=CLIENT_CONFIG, endpoint_url=url)

        yield make


CALLS: dict[str, Callable[[Any], Any]] = {
    "s3": lambda it: it.list_buckets(),
    "ec2": lambda it: it.describe_instances(),
    "iam": lambda it: it.list_roles(),
    "sts": lambda it: it.get_caller_identity(),
    "lambda": lambda it: it.list_functions(),
    "ce": lambda it: it.get_cost_and_usage(
        TimePeriod={"Start": "2026-01-01", "End": "2026-02-01"}, Granularity="MONTHLY", Metrics=["UnblendedCost"]
    ),
    "cloudwatch": lambda it: it.list_metrics(),
}
HTML = {"Content-Type": "text/html; charset=utf-8"}
IMPOSTORS = {
    "a portal's page": Sent(200, PORTAL, HTML),
    "a page without a doctype": Sent(200, b"<html><body>blocked</body></html>", HTML),
    "nothing": Sent(200),
    "a proxy that wants to know who asks": Sent(407, b"<html>Proxy Authentication Required</html>", HTML),
    "a page that forbids": Sent(403, PORTAL, HTML),
    "an object of a proxy": Sent(200, b'{"error": "blocked by policy 7"}', {"Content-Type": "application/json"}),
    "a refusal of a proxy as an object": Sent(403, b'{"message": "Forbidden"}', {"Content-Type": "application/json"}),
    "the way to a login page": Sent(302, b"", {"Location": "https://login.example.com/in?token=secret-token"}),
    "bytes that nobody can read": Sent(200, b"\x1f\x8b\x08\x00\xff\xfe\x01garbage", {"Content-Encoding": "gzip"}),
    "XML of somebody else": Sent(200, b"<?xml version='1.0'?><portal><login/></portal>", {"Content-Type": "text/xml"}),
}


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_what_is_not_aws_is_not_believed(client: Client, service: str, impostor: str) -> None:
    with pytest.raises(NotAws) as caught:
        CALLS[service](client(service, lambda _: IMPOSTORS[impostor]))
    problem = translate(caught.value)
    assert (problem.code, problem.status, problem.retryable) == ("not_aws", 502, True)
    assert "127.0.0.1" in problem.detail
    assert f"HTTP {IMPOSTORS[impostor].status}" in problem.detail


OWN_HEADERS = {"s3": S3_ID}
CUT = {
    "s3": b'<?xml version="1.0"?><ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets><Buck',
    "ec2": b'<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item>',
    "iam": b'<ListRolesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListRolesResult><Roles>',
    "sts": b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityRes',
    "lambda": b'{"Functions": [{"FunctionName": "a"',
    "ce": b'{"ResultsByTime": [',
    "cloudwatch": b'{"Metrics": [',
}


@pytest.mark.parametrize("service", CALLS)
def test_an_answer_of_aws_that_was_cut_off_is_not_believed(client: Client, service: str) -> None:
    sent = Sent(200, CUT[service], OWN_HEADERS.get(service, REQUEST_ID))
    with pytest.raises(NotAws):
        CALLS[service](client(service, lambda _: sent))


@pytest.mark.parametrize("service", CALLS)
def test_a_page_under_the_headers_of_aws_is_not_believed(client: Client, service: str) -> None:
    headers = {**OWN_HEADERS.get(service, REQUEST_ID), "Content-Type": "text/xml"}
    with pytest.raises(NotAws):
        CALLS[service](client(service, lambda _: Sent(200, PORTAL, headers)))


def test_fewer_bytes_than_announced_are_no_answer(client: Client) -> None:
    whole = b'{"Functions": []}'
    with pytest.raises(NotAws, match="17 of 40 bytes came"):
        client("lambda", lambda _: Sent(200, whole, REQUEST_ID, length=40)).list_functions()


def test_an_answer_of_another_operation_is_not_believed(client: Client) -> None:
    body = b"<DescribeVpcsResponse><requestId>f3c7e1c-5f1d</requestId></DescribeVpcsResponse>"
    with pytest.raises(NotAws, match="<DescribeVpcsResponse> and not a <DescribeInstancesResponse>"):
        client("ec2", lambda _: Sent(200, body, REQUEST_ID)).describe_instances()


def test_a_json_answer_without_anything_that_the_operation_answers_is_not_believed(client: Client) -> None:
    with pytest.raises(NotAws, match="nothing that ListFunctions answers"):
        client("lambda", lambda _: Sent(200, b'{"error": "blocked"}', REQUEST_ID)).list_functions()


@pytest.mark.parametrize(
    ("service", "body"),
    [
        ("sts", b"<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>"),
        ("s3", b'<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListAllMyBucketsResult>'),
        ("iam", b"<ListRolesResponse><ListRolesResult></ListRolesResult></ListRolesResponse>"),
        ("lambda", b"{}"),
    ],
)
def test_an_answer_without_what_aws_never_leaves_out_is_not_believed(client: Client, service: str, body: bytes) -> None:
    with pytest.raises(NotAws, match="it has no "):
        CALLS[service](client(service, lambda _: Sent(200, body, OWN_HEADERS.get(service, REQUEST_ID))))


@pytest.mark.parametrize(
    ("service", "sent"),
    [
        ("iam", Sent(400, b"<ErrorResponse><Error/></ErrorResponse>", REQUEST_ID)),
        ("lambda", Sent(400, b"[" * 100_000, REQUEST_ID)),
        ("lambda", Sent(200, b"null", REQUEST_ID)),
        ("lambda", Sent(403, b'"no"', REQUEST_ID)),
        ("s3", Sent(400, b"<Nothing/>", {})),
    ],
)
def test_what_no_parser_expects_is_no_crash(client: Client, service: str, sent: Sent) -> None:
    with pytest.raises(NotAws):
        CALLS[service](client(service, lambda _: sent))


def test_a_page_in_place_of_a_bucket_s_region_is_not_believed(client: Client) -> None:
    # botocore itself reads this one answer again, in a handler of its own.
    with pytest.raises(NotAws):
        client("s3", lambda _: Sent(200, PORTAL, HTML)).get_bucket_location(Bucket="a-bucket")


def test_an_empty_answer_of_aws_to_a_change_is_believed(client: Client) -> None:
    s3 = client("s3", lambda asked: Sent(204 if asked.method == "DELETE" else 200, b"", S3_ID))
    assert s3.create_bucket(Bucket="a-bucket")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert s3.delete_bucket(Bucket="a-bucket")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.head_bucket(Bucket="a-bucket")["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_answer_of_somebody_else_to_a_change_is_not_believed(client: Client, status: int) -> None:
    with pytest.raises(NotAws, match="no request id"):
        client("s3", lambda _: Sent(status)).create_bucket(Bucket="a-bucket")


def test_aws_may_say_the_request_id_in_the_body_alone(client: Client) -> None:
    body = (
        b'<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        b"<requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId><reservationSet/></DescribeInstancesResponse>"
    )
    assert client("ec2", lambda _: Sent(200, body)).describe_instances()["Reservations"] == []
    error = (
        b"<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors>"
        b"<RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>"
    )
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        client("ec2", lambda _: Sent(403, error)).describe_instances()


def test_a_bare_status_of_s3_to_head_is_aws_s_own(client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        client("s3", lambda _: Sent(404, b"", S3_ID)).head_bucket(Bucket="a-bucket")
    assert caught.value.response["Error"]["Code"] == "404"


def test_a_stored_text_is_whatever_somebody_stored(client: Client) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": []}).encode()
    s3 = client("s3", lambda _: Sent(200, policy, S3_ID))
    assert s3.get_bucket_policy(Bucket="a-bucket")["Policy"] == policy.decode()
    page = client("s3", lambda _: Sent(200, PORTAL, {**S3_ID, "Content-Type": "text/html"}))
    assert page.get_object(Bucket="a-bucket", Key="index.html")["Body"].read() == PORTAL


def test_a_page_in_place_of_a_stored_object_is_not_believed(client: Client) -> None:
    with pytest.raises(NotAws, match="Acme Wi-Fi"):
        client("s3", lambda _: Sent(200, PORTAL, HTML)).get_object(Bucket="a-bucket", Key="index.html")


def test_what_a_gateway_cannot_reach_is_asked_again(client: Client) -> None:
    answers = [
        Sent(502, PORTAL, HTML),
        Sent(503, b"<html>busy</html>", HTML),
        Sent(200, b'{"Functions": []}', REQUEST_ID),
    ]
    assert client("lambda", lambda _: answers.pop(0)).list_functions()["Functions"] == []


def test_a_page_is_not_asked_for_again(client: Client) -> None:
    asked: list[float] = []

    def portal(_: object) -> Sent:
        asked.append(time.monotonic())
        return Sent(200, PORTAL, HTML)

    with pytest.raises(NotAws):
        client("sts", portal).get_caller_identity()
    assert len(asked) == 1


def test_the_problem_shows_the_first_words_without_queries_and_secrets(client: Client) -> None:
    with pytest.raises(NotAws) as caught:
        client("sts", lambda _: Sent(200, PORTAL, HTML)).get_caller_identity()
    said = translate(caught.value).detail
    assert 'it begins with "Acme Wi-Fi: please sign in You tried https://sts.amazonaws.com/?…"' in said
    assert "Signature=abc" not in said
    assert "IQoJb3" not in said


def test_a_redirect_shows_where_it_leads_without_its_query(client: Client) -> None:
    with pytest.raises(NotAws) as caught:
        client("iam", lambda _: IMPOSTORS["the way to a login page"]).list_roles()
    assert "it sends on to login.example.com/in" in str(caught.value)
    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"<html><script>var a = 1</script><h1>Blocked</h1> by\n <b>policy</b></html>", "Blocked by policy"),
        (b"Authorization: AWS4-HMAC-SHA256 Credential=x", "Authorization=[redacted] Credential=[redacted]"),
        (b"blocked " * 500, "blocked " * 20 + "…"),
        ("\u202egnol\u202c".encode(), "\\u202egnol\\u202c"),
    ],
)
def test_the_first_words_are_those_that_a_person_would_read(body: bytes, shown: str) -> None:
    assert first_words(body) == shown
