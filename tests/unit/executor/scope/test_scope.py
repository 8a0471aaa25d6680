"""A plan runs with credentials that may do what the plan says, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from services.executor.registry.location import Location
from services.executor.scope import session_policy as scope
from shared.access.guard import Guard
from shared.aws.clients import ClientCache
from shared.errors import AssistantError, Forbidden
from tests.unit.executor.conftest import FUNCTION, POLICY, ROLE, Executor, step
from tests.unit.executor.faults import Forward, WiredExecutor, errs, wired

ROLE_ARN = "arn:aws:iam::123456789012:role/assistant"


def allowed(policy: str) -> set[tuple[str, str]]:
    statements = json.loads(policy)["Statement"]
    return {(action, resource) for one in statements for action in one["Action"] for resource in one["Resource"]}


def test_the_policy_has_exactly_the_plans_actions_and_their_undo(executor: Executor) -> None:
    plan = executor.prepare(step("create_s3_bucket", bucket_name="a-new-bucket", region="us-east-1"))
    policy = scope.session_policies(scope.permissions_of(plan, Location.of(executor.info)))[0]
    actions = {"CreateBucket", "TagResource", "DeleteBucket"}
    actions |= {"ListBucket", "GetBucketTagging", "ListBucketVersions", "GetBucketLocation"}
    wanted = {(f"s3:{action}", "arn:aws:s3:::a-new-bucket") for action in actions}
    # The list of buckets alone has their dates, and knows no resources.
    assert allowed(policy) == wanted | {("s3:ListAllMyBuckets", "*")}


def test_an_action_that_knows_no_resources_gives_none_to_the_others_of_its_service() -> None:
    long = [(f"s3:{action}", f"arn:aws:s3:::{'b' * 50}{n}") for action in ("Get", "Put") for n in range(25)]
    # Too long with each action's own resources: 25 of them twice, in other sets.
    policy = scope.session_policies([*long, ("s3:Put", "arn:aws:s3:::one"), ("s3:ListAllMyBuckets", "*")])[0]
    assert {resource for action, resource in allowed(policy) if action == "s3:Put"} >= {"arn:aws:s3:::one"}
    assert ("s3:Put", "*") not in allowed(policy)


def test_references_become_the_planned_names(executor: Executor) -> None:
    plan = executor.prepare(ROLE, POLICY, FUNCTION)
    found = allowed(scope.session_policies(scope.permissions_of(plan, Location.of(executor.info)))[0])
    assert ("iam:PassRole", "arn:aws:iam::123456789012:role/reader") in found
    assert ("lambda:CreateFunction", "arn:aws:lambda:eu-west-1:123456789012:function:hello") in found
    assert ("iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/reader") in found
    assert not any(action in ("iam:PutRolePolicy", "s3:GetObject") for action, _ in found)
    assert "*" not in {resource for _, resource in found}


def test_a_package_in_s3_may_be_read(executor: Executor) -> None:
    arguments = {**FUNCTION.arguments, "role_arn": ROLE_ARN, "zip_file_path": "s3://code/app/v1.zip"}
    plan = executor.prepare(FUNCTION.model_copy(update={"arguments": arguments}))
    assert ("s3:GetObject", "arn:aws:s3:::code/app/v1.zip") in scope.permissions_of(plan, Location.of(executor.info))


pairs = st.tuples(
    st.from_regex(r"(s3|iam|lambda):[A-Z][a-z]{3,12}", fullmatch=True),
    st.from_regex(r"arn:aws:s3:::[a-z]{3,60}", fullmatch=True),
)


@given(st.lists(pairs, min_size=1, max_size=60))
def test_every_policy_fits_and_grants_what_is_needed_with_no_action_more(needed: list[tuple[str, str]]) -> None:
    policy = scope.session_policies(needed)[0]
    assert len(policy) <= scope.MAX_POLICY_CHARACTERS
    found = allowed(policy)
    assert {action for action, _ in found} == {action for action, _ in needed}
    assert all((action, resource) in found or (action, "*") in found for action, resource in needed)
    if len(needed) == 1:
        assert found == set(needed)


def test_a_plan_of_many_buckets_falls_back_and_too_many_actions_are_refused() -> None:
    many = [("s3:CreateBucket", f"arn:aws:s3:::{'b' * 40}{number}") for number in range(60)]
    assert allowed(scope.session_policies(many)[0]) == {("s3:CreateBucket", "*")}
    with pytest.raises(AssistantError) as caught:
        scope.session_policies([(f"s3:{'A' * 40}{number}", "*") for number in range(60)])
    assert caught.value.code == "plan_too_large"


@given(st.text(min_size=1, max_size=100))
def test_the_sessions_name_is_one_sts_takes(plan_id: str) -> None:
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", scope.session_name(plan_id), flags=re.ASCII)


class FakeSts:
    """Answers AssumeRole with a credential set and remembers what it was asked."""

    def __init__(self, real: Any) -> None:
        self.real, self.asked = real, dict[str, Any]()

    def assume_role(self, **request: Any) -> Any:
        self.asked = request
        return self.real.assume_role(**request)


def test_a_session_with_a_role_runs_under_a_policy_made_for_the_plan(make_executor: Callable[..., Executor]) -> None:
    executor = make_executor()
    executor.session = executor.session.model_copy(update={"role_arn": ROLE_ARN, "external_id": "ext-1"})
    plan = executor.prepare(ROLE)
    aws = executor.aws()
    sts = FakeSts(aws.client("sts"))

    class OneClient:
        def client(self, *_: object) -> FakeSts:
            return sts

        def under(self, guard: Guard) -> ClientCache:
            return ClientCache(guard)

    aws.cache = OneClient()  # type: ignore[assignment]  # a fake cache: all it is asked for is one client
    narrowed = scope.scoped(aws, plan, scope.scope_of(aws, plan, "role"))
    assert sts.asked["RoleArn"] == ROLE_ARN
    assert sts.asked["ExternalId"] == "ext-1"
    assert sts.asked["RoleSessionName"] == f"assistant-executor-{plan.plan_id}"
    assert sts.asked["Policy"] == scope.session_policies(scope.permissions_of(plan, Location.of(executor.info)))[0]
    assert narrowed.session.credentials != executor.session.credentials
    assert narrowed.info == executor.info


def test_a_session_without_a_role_keeps_its_credentials_and_may_call_what_the_plan_needs(executor: Executor) -> None:
    aws, plan = executor.aws(), executor.prepare(ROLE)
    narrowed = scope.scoped(aws, plan, scope.scope_of(aws, plan, "role"))
    assert narrowed.session == executor.session
    iam = narrowed.client("iam")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    iam.delete_role(RoleName="reader")  # what undoes it is of the plan too
    for refused in (
        lambda: iam.create_user(UserName="eve"),
        lambda: iam.list_roles(),
        lambda: narrowed.client("s3").create_bucket(Bucket="other"),
    ):
        with pytest.raises(Forbidden) as caught:
            refused()
        assert caught.value.code == "operation_not_allowed"


def test_a_role_that_cannot_be_assumed_fails_the_plan_before_its_first_step(executor: Executor) -> None:
    executor.session = executor.session.model_copy(update={"role_arn": "not-an-arn"})
    ended = executor.run(executor.prepare(ROLE))
    assert ended.status == "failed"
    assert ended.steps[0].error is not None
    assert executor.client("iam").list_roles()["Roles"] == []


@pytest.fixture
def packing(executor: Executor) -> WiredExecutor:
    """An executor whose session has a role."""
    executor.session = executor.session.model_copy(update={"role_arn": ROLE_ARN})
    return wired(executor)


def test_a_policy_that_aws_cannot_pack_refuses_the_plan_before_its_approval(packing: WiredExecutor) -> None:
    packing.wire.always["AssumeRole"] = errs(400, "PackedPolicyTooLarge")
    with pytest.raises(AssistantError) as caught:
        packing.prepare(ROLE)
    assert caught.value.code == "plan_too_large"
    assert "Split it" in caught.value.detail


def test_aws_is_asked_to_pack_a_policy_that_gives_nobody_anything(packing: WiredExecutor) -> None:
    asked: list[str] = []

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        asked.append(str(parse_qs(str(request.body))["Policy"][0]))
        return forward()

    packing.wire.always["AssumeRole"] = fault
    packing.prepare(ROLE)
    [packed] = [policy for policy in asked if "iam:CreateRole" in policy]
    assert {one["Effect"] for one in json.loads(packed)["Statement"]} == {"Deny"}


def test_a_plan_runs_under_the_narrowest_policy_that_aws_can_pack(packing: WiredExecutor) -> None:
    plan = packing.prepare(ROLE, POLICY)
    packing.wire.faults["AssumeRole"] = [errs(400, "PackedPolicyTooLarge")]
    assert packing.run(plan).status == "done"


def test_a_region_without_sts_refuses_the_plan_with_what_to_do(packing: WiredExecutor) -> None:
    packing.wire.always["AssumeRole"] = errs(403, "RegionDisabledException")
    with pytest.raises(AssistantError) as caught:
        packing.prepare(ROLE)
    assert caught.value.code == "aws_region_disabled_exception"
    assert "activate STS for this region" in caught.value.detail
