"""A guard stands before every way boto3 has of calling AWS."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse

from shared.access.guard import ADVISOR, EXECUTOR, GATEWAY, READ_ONLY, Guard, by_actions
from shared.aws.clients import ClientCache, new_session
from shared.errors import Forbidden
from shared.sessions.credentials import Credentials

CREDENTIALS = Credentials(access_key_id="AKIAEXAMPLE", secret_access_key="secret")
REGION = "eu-west-1"


# No buckets, as S3 says it; to other operations, nothing.
XML = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"


class Wire:
    """Counts what would have been sent and answers everything with 200, as XML or, where `json` says so, as JSON."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.json = False

    def before_send(self, *, request: Any, event_name: str, **_: Any) -> AWSResponse:
        self.sent.append(event_name.removeprefix("before-send."))
        return AWSResponse(request.url, 200, {"x-amzn-requestid": "r-1"}, Raw(b"{}" if self.json else XML))


class Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def session(wire: Wire) -> Callable[[Guard], boto3.Session]:
    def make(guard: Guard) -> boto3.Session:
        made = new_session(guard, CREDENTIALS)
        made._session.register("before-send", wire.before_send)
        return made

    return make


def resource_action(session: boto3.Session) -> Any:
    return session.resource("s3", REGION).Bucket("b").delete()


REFUSED: dict[str, Callable[[boto3.Session], Any]] = {
    "client": lambda s: s.client("s3", REGION).delete_bucket(Bucket="b"),
    "botocore's own client": lambda s: s._session.create_client("ec2", REGION).run_instances(MinCount=1, MaxCount=1),
    "resource": resource_action,
    "paginator": lambda s: list(s.client("dynamodb", REGION).get_paginator("scan").paginate(TableName="t")),
    "waiter": lambda s: s.client("s3", REGION).get_waiter("object_exists").wait(Bucket="b", Key="k"),
    "transfer up": lambda s: s.client("s3", REGION).upload_fileobj(io.BytesIO(b"x"), "b", "k"),
    "transfer of many parts": lambda s: s.client("s3", REGION).upload_fileobj(io.BytesIO(b"x" * 2**24), "b", "k"),
    "transfer down": lambda s: s.client("s3", REGION).download_fileobj("b", "k", io.BytesIO()),
    "managed copy": lambda s: s.client("s3", REGION).copy({"Bucket": "a", "Key": "k"}, "b", "k"),
    "presigned URL": lambda s: s.client("s3", REGION).generate_presigned_url("delete_bucket", {"Bucket": "b"}),
    "presigned URL of a read": lambda s: s.client("s3", REGION).generate_presigned_url("list_buckets"),
    "presigned post": lambda s: s.client("s3", REGION).generate_presigned_post("b", "k"),
    "database token": lambda s: s.client("rds", REGION).generate_db_auth_token("h", 1, "u"),
    "secret": lambda s: s.client("secretsmanager", REGION).get_secret_value(SecretId="s"),
    "object body": lambda s: s.client("s3", REGION).get_object(Bucket="b", Key="k"),
    "code": lambda s: s.client("lambda", REGION).invoke(FunctionName="f"),
    "another role": lambda s: s.client("sts", REGION).assume_role(RoleArn="r" * 20, RoleSessionName="me"),
    "model": lambda s: s.client("bedrock-runtime", REGION).converse(modelId="m", messages=[]),
}


@pytest.mark.parametrize("way", REFUSED)
def test_the_informational_agent_can_only_look_whichever_way_it_calls(
    session: Callable[[Guard], boto3.Session], wire: Wire, way: str
) -> None:
    with pytest.raises(Forbidden) as caught:
        REFUSED[way](session(READ_ONLY))
    assert caught.value.code == "operation_not_allowed"
    assert caught.value.detail.startswith("the info agent may not ")
    assert wire.sent == []


def test_looking_gets_through_by_client_resource_paginator_and_waiter(
    session: Callable[[Guard], boto3.Session], wire: Wire
) -> None:
    made = session(READ_ONLY)
    made.client("s3", REGION).list_buckets()
    list(made.resource("s3", REGION).buckets.all())
    list(made.client("s3", REGION).get_paginator("list_objects_v2").paginate(Bucket="b"))
    made.client("s3", REGION).get_waiter("bucket_exists").wait(Bucket="b")
    assert [name.split(".")[1] for name in wire.sent] == [
        "ListBuckets",
        "ListBuckets",
        "ListObjectsV2",
        "HeadBucket",
    ]


def test_a_service_whose_id_is_not_its_name_is_known_when_it_signs(
    session: Callable[[Guard], boto3.Session], wire: Wire
) -> None:
    wire.json = True
    session(READ_ONLY).client("ce", "us-east-1").get_cost_categories(TimePeriod={"Start": "a", "End": "b"})
    assert wire.sent == ["cost-explorer.GetCostCategories"]


def test_a_refusal_names_the_operation_and_its_level(session: Callable[[Guard], boto3.Session]) -> None:
    with pytest.raises(
        Forbidden, match=r"info agent may not call s3:DeleteBucket.* write, and the agent's are list, r"
    ):
        session(READ_ONLY).client("s3", REGION).delete_bucket(Bucket="b")


def test_a_cache_that_was_told_nothing_only_looks() -> None:
    with pytest.raises(Forbidden):
        ClientCache().client(CREDENTIALS, "s3", REGION).delete_bucket(Bucket="b")


def test_the_advisor_asks_models_and_calls_nothing_else() -> None:
    assert ADVISOR.allows("bedrock-runtime", "Converse")
    assert ADVISOR.allows("bedrock-runtime", "InvokeModel")
    for service, operation in (("sts", "GetCallerIdentity"), ("s3", "ListBuckets"), ("bedrock", "DeleteGuardrail")):
        assert not ADVISOR.allows(service, operation)


def test_the_executor_looks_and_assumes_the_role_but_changes_nothing_without_a_plan() -> None:
    assert EXECUTOR.allows("iam", "GetRole")
    assert EXECUTOR.allows("sts", "AssumeRole")
    for service, operation in (("iam", "CreateRole"), ("s3", "PutBucketTagging"), ("secretsmanager", "GetSecretValue")):
        assert not EXECUTOR.allows(service, operation)


def test_the_gateway_calls_what_opens_a_session_and_nothing_else() -> None:
    assert GATEWAY.allows("sts", "GetCallerIdentity")
    assert GATEWAY.allows("ec2", "DescribeRegions")
    for service, operation in (("ec2", "DescribeInstances"), ("s3", "ListBuckets"), ("iam", "CreateUser")):
        assert not GATEWAY.allows(service, operation)


def test_a_plan_allows_the_operations_whose_actions_it_has_and_only_those() -> None:
    guard = by_actions("executor", ["s3:PutObject", "lambda:InvokeFunction"])
    assert guard.allows("s3", "PutObject")
    assert guard.allows("s3", "CreateMultipartUpload")
    assert guard.allows("lambda", "Invoke")
    assert not guard.allows("s3", "CopyObject")  # it reads an object too
    assert not guard.allows("s3", "DeleteObjects")
    assert not guard.allows("sts", "GetCallerIdentity")
    assert not guard.allows("lambda", "NoSuchOperation")


def test_an_operation_nothing_is_known_of_is_in_no_plan() -> None:
    guard = by_actions("executor", ["connectparticipant:SendMessage", ""])
    assert not guard.allows("connectparticipant", "SendMessage")


def test_a_client_made_before_the_guard_is_not_under_it(wire: Wire) -> None:
    """Why `new_session` hangs the guard in first: clients copy the session's handlers."""
    core = botocore.session.Session()
    core.register("before-send", wire.before_send)
    core.set_credentials("AKIAEXAMPLE", "secret")
    early = core.create_client("s3", REGION)
    READ_ONLY.watch(core)
    early.delete_bucket(Bucket="b")
    with pytest.raises(Forbidden):
        core.create_client("s3", REGION).delete_bucket(Bucket="b")
