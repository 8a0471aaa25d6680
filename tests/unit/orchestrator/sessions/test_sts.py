"""The AWS calls that open a session, against moto in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from services.orchestrator.sessions.scoping import session_policy
from services.orchestrator.sessions.sts import RoleRequest, Sts
from shared.errors import Unauthenticated, Unavailable
from shared.sessions.credentials import Credentials
from tests.fakes.aws_server import PORTAL, REQUEST_ID, Sent, aws_server

REGION = "eu-central-1"


@pytest.fixture
def key() -> Iterator[Credentials]:
    """A long-term key of a user."""
    with mock_aws():
        iam = boto3.client("iam", REGION, aws_access_key_id="AKIASETUPSETUPSETUPS", aws_secret_access_key="s")
        iam.create_user(UserName="dev")
        made = iam.create_access_key(UserName="dev")["AccessKey"]
        yield Credentials(access_key_id=made["AccessKeyId"], secret_access_key=made["SecretAccessKey"])


async def test_the_caller_is_who_the_key_belongs_to(key: Credentials) -> None:
    caller = await Sts().caller(key, REGION)

    assert caller.arn.endswith(":user/dev")
    assert caller.account == "123456789012"


async def test_a_role_is_assumed_under_its_session_name(key: Credentials) -> None:
    request = RoleRequest("arn:aws:iam::123456789012:role/r", "assistant-info-ses_1", session_policy("info"), "ext")

    assumed = await Sts().assume_role(key, REGION, request, 3600)

    assert assumed.arn.endswith(":assumed-role/r/assistant-info-ses_1")
    assert assumed.credentials.session_token
    assert assumed.credentials.expires_at is not None


async def test_temporary_credentials_come_from_a_long_term_key(key: Credentials) -> None:
    temporary = await Sts().session_token(key, REGION, 3600)

    assert temporary.session_token
    assert temporary.access_key_id != key.access_key_id
    assert temporary.secret_access_key != key.secret_access_key


async def test_the_accounts_regions_are_those_it_enabled(key: Credentials) -> None:
    regions = await Sts().enabled_regions(key, REGION)

    assert {"eu-central-1", "us-east-1"} <= set(regions)
    assert list(regions) == sorted(regions)


async def test_awss_echo_of_a_badly_signed_request_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Signing:
        def get_caller_identity(self) -> None:
            error = {"Code": "SignatureDoesNotMatch", "Message": "The canonical request was x-amz-security-token:LEAK"}
            raise ClientError({"Error": error}, "GetCallerIdentity")

    sts = Sts()
    monkeypatch.setattr(sts, "_client", lambda *_: Signing())

    with pytest.raises(Unauthenticated) as caught:
        await sts.caller(Credentials(access_key_id="a", secret_access_key="b"), REGION)
    assert caught.value.code == "credentials_invalid"
    assert "LEAK" not in caught.value.detail


@pytest.fixture
def over_http(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Sent], None]]:
    """over_http(sent): AWS, or what lies before it, answers everything so."""
    with ExitStack() as stack:
        yield lambda sent: monkeypatch.setenv("AWS_ENDPOINT_URL", stack.enter_context(aws_server(lambda _: sent)))


GIVEN = Credentials(access_key_id="AKIAEXAMPLE", secret_access_key="secret")


@pytest.mark.parametrize(
    "sent",
    [
        Sent(200, PORTAL, {"Content-Type": "text/html"}),
        Sent(200),
        Sent(407, b"<html>Proxy Authentication Required</html>", {"Content-Type": "text/html"}),
        Sent(200, b"<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>", REQUEST_ID),
        Sent(200, b"{}", REQUEST_ID),
    ],
)
async def test_a_session_is_not_opened_with_what_is_not_aws(over_http: Callable[[Sent], None], sent: Sent) -> None:
    over_http(sent)
    with pytest.raises(Unavailable) as caught:
        await Sts().caller(GIVEN, REGION)
    assert (caught.value.code, caught.value.status) == ("not_aws", 502)
    assert f"127.0.0.1 answered sts:GetCallerIdentity with HTTP {sent.status}" in caught.value.detail


async def test_a_session_says_that_the_clock_is_wrong(over_http: Callable[[Sent], None]) -> None:
    error = "<Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired: 20200101T000000Z</Message></Error>"
    over_http(Sent(403, f"<ErrorResponse>{error}</ErrorResponse>".encode(), REQUEST_ID, skew=-7200))
    with pytest.raises(Unavailable) as caught:
        await Sts().caller(GIVEN, REGION)
    assert (caught.value.code, caught.value.status) == ("clock_skew", 503)
    assert "2 h ahead of AWS's" in caught.value.detail
