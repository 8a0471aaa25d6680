"""Before anything runs: what a caller may not do is refused, and what nobody can know is said to be open."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from services.executor.operations import OPERATIONS
from services.executor.proposal.permissions import Need, check, needs_of
from services.executor.registry.location import Location
from shared.aws.clients import Aws
from shared.errors import Forbidden
from shared.messages import SessionInfo
from shared.sessions.credentials import AgentSession, Credentials

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Deployer"
BUCKET = "arn:aws:s3:::acme"
CREATE = Need("s3:CreateBucket", BUCKET, {"aws:RequestedRegion": "eu-west-1"})
TAG = Need("s3:PutBucketTagging", BUCKET)
PLACE = Location("aws", ACCOUNT, "eu-west-1")


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def denied_error(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, operation)


@dataclass
class FakeIam:
    """One role with inline policies, and AWS's own simulation as told: by action, None where it may not be asked."""

    policies: dict[str, list[dict[str, Any]]]
    simulation: dict[str, str] | None = None
    missing: list[str] = field(default_factory=list)
    readable: bool = True
    boundary: dict[str, Any] | None = None
    # Its first answer waits for this.
    answers: threading.Event | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def get_role(self, RoleName: str) -> dict[str, Any]:
        if self.answers:
            self.answers.wait()
        if not self.readable:
            raise denied_error("GetRole")
        limit = {"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/Limit"}}
        return {"Role": {"Arn": ROLE, **(limit if self.boundary else {})}}

    def get_paginator(self, call: str) -> Any:
        names = list(self.policies) if call == "list_role_policies" else []
        return _Pages([{"PolicyNames": names, "AttachedPolicies": []}])

    def get_role_policy(self, RoleName: str, PolicyName: str) -> dict[str, Any]:
        return {"PolicyDocument": {"Version": "2012-10-17", "Statement": self.policies[PolicyName]}}

    def get_policy(self, PolicyArn: str) -> dict[str, Any]:
        return {"Policy": {"DefaultVersionId": "v1"}}

    def get_policy_version(self, PolicyArn: str, VersionId: str) -> dict[str, Any]:
        return {"PolicyVersion": {"Document": {"Version": "2012-10-17", "Statement": [self.boundary]}}}

    def simulate_principal_policy(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if self.simulation is None:
            raise denied_error("SimulatePrincipalPolicy")
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": self.simulation.get(action, "allowed"),
                "MissingContextValues": self.missing,
            }
            for action in request["ActionNames"]
            for resource in request["ResourceArns"]
        ]
        return {"EvaluationResults": results}


@dataclass
class _Pages:
    pages: list[dict[str, Any]]

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        return iter(self.pages)


class FakeSts:
    """Lets anybody assume the role, and remembers under which session policy."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def assume_role(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        expires = type("Expiration", (), {"timestamp": staticmethod(lambda: 0.0)})()
        return {"Credentials": {"AccessKeyId": "A", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": expires}}


@dataclass
class FakeClients:
    """Stands in for the cache of boto3 clients."""

    iam: Any
    sts: FakeSts = field(default_factory=FakeSts)

    def client(self, credentials: Credentials, service: str, region: str, check: object = None) -> Any:
        return {"iam": self.iam, "sts": self.sts}[service]


@pytest.fixture
def aws_with() -> Callable[..., Aws]:
    def make(iam: Any, role_arn: str | None = ROLE) -> Aws:
        info = SessionInfo(
            session_id="ses_one",
            account=ACCOUNT,
            caller_arn=f"arn:aws:iam::{ACCOUNT}:user/ann",
            region="eu-west-1",
            regions=("eu-west-1",),
            expires_at=time.time() + 600,
        )
        session = AgentSession(
            info=info, credentials=Credentials(access_key_id="A", secret_access_key="s"), role_arn=role_arn
        )
        return Aws(session, time.time() + 60, FakeClients(iam))  # type: ignore[arg-type]  # a fake of the cache

    return make


def permission(aws: Aws, *needs: Need) -> str:
    return check(aws, {"bucket": needs}, "pln_1").permission_of("bucket")


def test_a_step_is_allowed_where_all_it_needs_is(aws_with: Callable[..., Aws]) -> None:
    iam = FakeIam({"Deploy": [allow("s3:Create*", "s3:PutBucketTagging")]})

    assert permission(aws_with(iam), CREATE, TAG) == "allowed"
    assert permission(aws_with(FakeIam({"Deploy": [allow("s3:Create*")]})), CREATE, TAG) == "denied"


def test_a_pattern_of_actions_is_left_open_and_nobody_is_asked_about_it(aws_with: Callable[..., Aws]) -> None:
    iam = FakeIam({"writes": [allow("s3:*", "ec2:*")]}, simulation={"s3:CreateBucket": "allowed"})
    looking = Need("ec2:Describe*", "*")
    checked = check(aws_with(iam), {"one": (CREATE, looking)}, "test", 60)
    assert checked.permission_of("one") == "unknown"
    assert all("ec2:Describe*" not in asked["ActionNames"] for asked in iam.asked)


def test_policies_are_read_by_the_role_under_a_policy_that_only_reads_iam(aws_with: Callable[..., Aws]) -> None:
    aws = aws_with(FakeIam({"Deploy": [allow("s3:*")]}))

    check(aws, {"bucket": [CREATE]}, "pln_1")

    clients: Any = aws.cache
    (request,) = clients.sts.requests
    assert request["RoleArn"] == ROLE
    (statement,) = json.loads(request["Policy"])["Statement"]
    assert statement["Action"] == ["iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy"]


def test_a_denied_step_names_action_resource_statement_and_what_to_ask_for(aws_with: Callable[..., Aws]) -> None:
    no_buckets = {"Sid": "NoBuckets", "Effect": "Deny", "Action": "s3:CreateBucket", "Resource": "*"}
    checked = check(aws_with(FakeIam({"Deploy": [allow("s3:*"), no_buckets]})), {"bucket": [CREATE]}, "pln_1")

    with pytest.raises(Forbidden) as refusal:
        checked.refuse_denied({"bucket": "create_s3_bucket"})

    assert refusal.value.code == "permission_denied"
    for part in ("'bucket' (create_s3_bucket)", f"s3:CreateBucket on {BUCKET}", ROLE, "'NoBuckets' of policy Deploy"):
        assert part in refusal.value.detail
    assert "narrow Statement[1] 'NoBuckets' of policy Deploy (inline in role Deployer)" in refusal.value.detail


def test_what_no_policy_allows_is_refused_with_what_to_ask_for(aws_with: Callable[..., Aws]) -> None:
    checked = check(aws_with(FakeIam({"Deploy": [allow("ec2:*")]})), {"bucket": [CREATE]}, "pln_1")

    with pytest.raises(Forbidden, match=f"no identity policy allows s3:CreateBucket on {BUCKET}.*Ask .* to allow"):
        checked.refuse_denied({"bucket": "create_s3_bucket"})


def test_a_boundary_that_leaves_it_out_is_named(aws_with: Callable[..., Aws]) -> None:
    iam = FakeIam({"Deploy": [allow("s3:*")]}, boundary=allow("ec2:*"))
    checked = check(aws_with(iam), {"bucket": [CREATE]}, "pln_1")

    with pytest.raises(Forbidden, match="in the permissions boundary too"):
        checked.refuse_denied({"bucket": "create_s3_bucket"})


def test_awss_own_no_wins_over_the_policies_as_read(aws_with: Callable[..., Aws]) -> None:
    iam = FakeIam({"Deploy": [allow("s3:*")]}, simulation={"s3:CreateBucket": "explicitDeny"})
    checked = check(aws_with(iam), {"bucket": [CREATE, TAG]}, "pln_1")

    assert checked.permission_of("bucket") == "denied"
    with pytest.raises(Forbidden, match="simulation finds an explicit deny, for example in a policy of the organ"):
        checked.refuse_denied({"bucket": "create_s3_bucket"})


def test_a_no_for_want_of_context_is_no_answer(aws_with: Callable[..., Aws]) -> None:
    no = {"s3:CreateBucket": "implicitDeny"}
    iam = FakeIam({"Deploy": [allow("s3:*")]}, simulation=no, missing=["aws:PrincipalTag/team"])

    assert permission(aws_with(iam), CREATE) == "allowed"


def test_where_aws_says_yes_and_the_policies_no_nothing_is_refused(aws_with: Callable[..., Aws]) -> None:
    iam = FakeIam({"Deploy": [allow("ec2:*")]}, simulation={})

    assert permission(aws_with(iam), CREATE) == "unknown"


def test_a_condition_nobody_can_know_leaves_it_open_and_says_so(aws_with: Callable[..., Aws]) -> None:
    tagged = allow("s3:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "web"}})
    checked = check(aws_with(FakeIam({"Deploy": [tagged]})), {"bucket": [CREATE]}, "pln_1")

    assert checked.permission_of("bucket") == "unknown"
    (note,) = checked.notes_of("bucket")
    assert "s3:CreateBucket" in note
    assert "aws:PrincipalTag/team is not known" in note
    checked.refuse_denied({"bucket": "create_s3_bucket"})


def test_the_region_of_the_call_is_known(aws_with: Callable[..., Aws]) -> None:
    elsewhere = allow("s3:*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})
    here = allow("s3:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})

    assert permission(aws_with(FakeIam({"Deploy": [elsewhere]})), CREATE) == "denied"
    assert permission(aws_with(FakeIam({"Deploy": [here]})), CREATE) == "allowed"


def test_policies_that_cannot_be_read_refuse_nothing(aws_with: Callable[..., Aws]) -> None:
    checked = check(aws_with(FakeIam({}, readable=False)), {"bucket": [CREATE]}, "pln_1")

    assert checked.permission_of("bucket") == "unknown"
    checked.refuse_denied({"bucket": "create_s3_bucket"})
    finding = checked.finding()
    assert finding is not None
    assert finding.code == "permissions_unchecked"
    assert "AWS denied GetRole" in finding.message


def test_who_may_not_read_its_policies_may_still_ask_aws(aws_with: Callable[..., Aws]) -> None:
    iam = FakeIam({}, readable=False, simulation={"s3:PutBucketTagging": "implicitDeny"})

    checked = check(aws_with(iam), {"bucket": [CREATE], "tags": [TAG]}, "pln_1")

    assert checked.permission_of("bucket") == "allowed"
    assert checked.permission_of("tags") == "denied"
    assert iam.asked[0]["PolicySourceArn"] == ROLE


def test_an_iam_that_does_not_answer_in_time_leaves_it_open(aws_with: Callable[..., Aws]) -> None:
    answers = threading.Event()
    try:
        checked = check(aws_with(FakeIam({}, answers=answers)), {"bucket": [CREATE]}, "pln_1", seconds=0.05)
    finally:
        answers.set()

    assert checked.permission_of("bucket") == "unknown"
    assert "in time" in checked.unread


def test_an_iam_that_cannot_be_reached_leaves_it_open(aws_with: Callable[..., Aws]) -> None:
    class Unreachable(FakeIam):
        def get_role(self, RoleName: str) -> dict[str, Any]:
            raise EndpointConnectionError(endpoint_url="http://iam")

    assert permission(aws_with(Unreachable({})), CREATE) == "unknown"


def test_a_caller_without_policies_leaves_it_open(aws_with: Callable[..., Aws]) -> None:
    aws = aws_with(FakeIam({}), role_arn=None)
    info = aws.info.model_copy(update={"caller_arn": f"arn:aws:sts::{ACCOUNT}:federated-user/ann"})
    aws.session = aws.session.model_copy(update={"info": info})

    assert permission(aws, CREATE) == "unknown"


def test_needs_know_the_policy_and_the_service_a_call_is_about() -> None:
    attach = OPERATIONS["assign_policy_to_role"]
    values = attach.validate({"role_name": "r", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})
    contexts = {need.action: need.context for need in needs_of(attach, values, PLACE)}

    assert contexts["iam:AttachRolePolicy"]["iam:PolicyARN"] == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert contexts["iam:AttachRolePolicy"]["aws:RequestedRegion"] == "us-east-1"
    create = OPERATIONS["create_lambda_function"]
    function = {
        "function_name": "f",
        "runtime": "python3.13",
        "handler": "a.b",
        "role_arn": ROLE,
        "region": "eu-west-2",
    }
    contexts = {need.action: need.context for need in needs_of(create, create.validate(function), PLACE)}
    assert contexts["iam:PassRole"]["iam:PassedToService"] == "lambda.amazonaws.com"
    assert contexts["lambda:CreateFunction"]["aws:RequestedRegion"] == "eu-west-2"


SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:prod/db"


@pytest.mark.parametrize(
    ("resource", "says"),
    [
        (f"{SECRET}-??????", "allowed"),
        (f"{SECRET}-*", "allowed"),
        (f"{SECRET}-AbC123", "unknown"),
        (f"{SECRET}-other-AbC123", "denied"),
        (f"{SECRET}2-AbC123", "denied"),
    ],
)
def test_a_secret_named_without_its_last_characters_is_denied_only_where_no_policy_can_mean_it(
    aws_with: Callable[..., Aws], resource: str, says: str
) -> None:
    iam = FakeIam({"Read": [allow("secretsmanager:GetSecretValue", Resource=resource)]}, simulation={})
    assert permission(aws_with(iam), Need("secretsmanager:GetSecretValue", f"{SECRET}-??????")) == says
    assert iam.asked == []
