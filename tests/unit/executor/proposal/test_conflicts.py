"""A name that is taken and a quota that is reached are told before anything runs, and a look that fails is said."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from services.executor.proposal.conflicts import Planned, check
from shared.errors import AssistantError
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, READ_S3, ROLE, Executor, step
from tests.unit.executor.faults import WiredExecutor, denied, passes, says, wired

ROLE_ARN = "arn:aws:iam::123456789012:role/reader"
BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1")
DELETE_BUCKET = step("delete_s3_bucket", "gone", bucket_name="a-new-bucket")
DELETE_ROLE = step("delete_iam_role", "gone", name="reader")
ATTACH = step("assign_policy_to_role", "attach", role_name="reader", policy_arn=READ_S3)
DETACH = step("detach_policy_from_role", "detach", role_name="reader", policy_arn=READ_S3)
DELETE_FUNCTION = step("delete_lambda_function", "gone", function_name="hello")
FUNCTION_OF_READER = FUNCTION.model_copy(update={"arguments": {**FUNCTION.arguments, "role_arn": ROLE_ARN}})


@pytest.fixture
def looking(executor: Executor) -> WiredExecutor:
    return wired(executor, conflicts_seconds=20)


def account_summary(**numbers: int) -> str:
    """GetAccountSummary's answer."""
    entries = "".join(f"<entry><key>{key}</key><value>{number}</value></entry>" for key, number in numbers.items())
    result = f"<GetAccountSummaryResult><SummaryMap>{entries}</SummaryMap></GetAccountSummaryResult>"
    return f"<GetAccountSummaryResponse>{result}</GetAccountSummaryResponse>"


def make_role(executor: Executor, attached: bool = False, trust: Any = LAMBDA_TRUST) -> None:
    iam = executor.client("iam")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))
    if attached:
        iam.attach_role_policy(RoleName="reader", PolicyArn=READ_S3)


def make_bucket(executor: Executor, *keys: str, region: str = "eu-west-1") -> None:
    s3 = executor.client("s3", region)
    where: Any = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket="a-new-bucket", **where)
    for key in keys:
        s3.put_object(Bucket="a-new-bucket", Key=key, Body=b"x")


def make_function(executor: Executor) -> None:
    code = {"ZipFile": b"PK"}
    executor.client("lambda").create_function(
        FunctionName="hello", Runtime="python3.13", Handler="app.main", Role=ROLE_ARN, Code=code
    )


def refusal(executor: Executor, *steps: ProposedStep) -> tuple[str, str]:
    before = executor.redis.dbsize()
    with pytest.raises(AssistantError) as caught:
        executor.prepare(*steps)
    assert caught.value.status == 409
    assert executor.redis.dbsize() == before
    return caught.value.code, caught.value.detail


def codes(plan: Plan) -> list[str]:
    return [finding.code for finding in plan.findings if finding.code != "permissions_unchecked"]


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_a_bucket_name_of_ones_own_is_taken_wherever_the_bucket_is(looking: WiredExecutor, region: str) -> None:
    make_bucket(looking, region=region)
    code, detail = refusal(looking, BUCKET)
    assert code == "name_taken"
    assert "step 'bucket' (create_s3_bucket): the bucket a-new-bucket exists already" in detail


def test_what_exists_is_refused_and_named(looking: WiredExecutor) -> None:
    make_role(looking, attached=True)
    make_function(looking)
    assert refusal(looking, ROLE)[0] == "name_taken"
    assert refusal(looking, ATTACH)[0] == "already_attached"
    assert refusal(looking, FUNCTION_OF_READER)[0] == "name_taken"
    code, detail = refusal(looking, DELETE_ROLE)
    assert code == "role_has_attached_policies"
    assert READ_S3 in detail


@pytest.mark.parametrize(
    "missing",
    [DELETE_BUCKET, DELETE_ROLE, ATTACH, DETACH, DELETE_FUNCTION, FUNCTION_OF_READER],
    ids=lambda s: s.operation,
)
def test_what_does_not_exist_is_refused(looking: WiredExecutor, missing: ProposedStep) -> None:
    assert refusal(looking, missing)[0] == "missing_resource"


def test_a_policy_that_does_not_exist_or_is_not_attached_is_refused(looking: WiredExecutor) -> None:
    make_role(looking)
    unknown = "arn:aws:iam::123456789012:policy/no-such"
    assert refusal(looking, step("assign_policy_to_role", role_name="reader", policy_arn=unknown))[0] == (
        "missing_resource"
    )
    assert refusal(looking, DETACH)[0] == "not_attached"


def role_for(*principals: str, name: str = "guest") -> ProposedStep:
    statement = {"Effect": "Allow", "Principal": {"AWS": [*principals]}, "Action": "sts:AssumeRole"}
    return step("create_iam_role", name=name, policy_document={"Version": "2012-10-17", "Statement": [statement]})


def test_a_trust_policy_may_name_no_role_of_the_account_that_is_not_there(looking: WiredExecutor) -> None:
    account = "arn:aws:iam::123456789012:role/"
    code, detail = refusal(looking, role_for(f"{account}reader"))
    assert (code, "there is no role reader, which policy_document names" in detail) == ("missing_resource", True)
    assert refusal(looking, role_for(f"{account}team/reader"))[0] == "missing_resource"
    assert refusal(looking, role_for(f"{account}itself", name="itself"))[0] == "missing_resource"
    assert "missing_resource" not in codes(looking.prepare(role_for("arn:aws:iam::999999999999:role/reader")))
    looking.prepare(ROLE, role_for(f"{account}reader"))
    make_role(looking)
    looking.prepare(role_for(f"{account}reader"))
    assert refusal(looking, DELETE_ROLE, role_for(f"{account}reader"))[0] == "missing_resource"


def test_a_bucket_with_an_object_is_not_empty(looking: WiredExecutor) -> None:
    make_bucket(looking, "report.csv")
    assert refusal(looking, DELETE_BUCKET)[0] == "bucket_not_empty"


def test_earlier_steps_of_the_plan_count(looking: WiredExecutor) -> None:
    make_role(looking, attached=True)
    make_bucket(looking)
    assert codes(looking.prepare(DETACH, DELETE_ROLE)) == []
    assert codes(looking.prepare(DETACH, DELETE_ROLE, ROLE, ATTACH)) == []
    assert codes(looking.prepare(DELETE_BUCKET, BUCKET)) == ["deletes_data", "bucket_name_reused"]
    code, detail = refusal(looking, DETACH, step("detach_policy_from_role", "again", **DETACH.arguments))
    assert code == "not_attached"
    assert "step 'again'" in detail
    code, detail = refusal(looking, DETACH, DELETE_ROLE, ATTACH)
    assert (code, "because of step 'gone' of this plan" in detail) == ("missing_resource", True)


def test_what_the_plan_makes_is_there_for_later_steps(looking: WiredExecutor) -> None:
    assert codes(looking.prepare(ROLE, POLICY, FUNCTION, BUCKET)) == []
    code, detail = refusal(looking, ROLE, step("create_iam_role", "twin", **ROLE.arguments))
    assert code == "name_taken"
    assert "step 'twin'" in detail
    assert "because of step 'role' of this plan" in detail


def trusting(**changes: Any) -> dict[str, Any]:
    statement = {**LAMBDA_TRUST["Statement"][0], **changes}  # type: ignore[call-overload,index,dict-item]  # JSON
    return {**LAMBDA_TRUST, "Statement": [statement]}


@pytest.mark.parametrize(
    "trust",
    [
        trusting(Principal={"Service": "ec2.amazonaws.com"}),
        trusting(Principal={"Service": "replicator.lambda.amazonaws.com"}),
        trusting(Principal={"AWS": "*"}),
        trusting(Effect="Deny"),
        trusting(Action="sts:TagSession"),
    ],
)
def test_a_role_that_lambda_may_not_assume_is_refused(looking: WiredExecutor, trust: dict[str, Any]) -> None:
    make_role(looking, trust=trust)
    code, detail = refusal(looking, FUNCTION_OF_READER)
    assert code == "role_not_for_lambda"
    assert "lambda.amazonaws.com" in detail


def test_a_role_that_the_plan_makes_for_another_service_is_refused_with_its_step(looking: WiredExecutor) -> None:
    trust: Any = trusting(Principal={"Service": "ec2.amazonaws.com"})
    other = ROLE.model_copy(update={"arguments": {**ROLE.arguments, "policy_document": trust}})
    code, detail = refusal(looking, other, FUNCTION)
    assert code == "role_not_for_lambda"
    assert "because of step 'role'" in detail


def test_a_role_that_lambda_may_assume_under_a_condition_or_in_a_region_is_fine(looking: WiredExecutor) -> None:
    services: Any = ["edgelambda.amazonaws.com", "lambda.eu-west-1.amazonaws.com"]
    condition = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    make_role(looking, trust=trusting(Principal={"Service": services}, Action="sts:*", Condition=condition))
    assert codes(looking.prepare(FUNCTION_OF_READER)) == []


def function_from(source: str) -> ProposedStep:
    return FUNCTION.model_copy(
        update={"arguments": {**FUNCTION.arguments, "role_arn": ROLE_ARN, "zip_file_path": source}}
    )


def test_a_package_is_looked_for_where_the_function_is_made(looking: WiredExecutor) -> None:
    make_role(looking)
    make_bucket(looking, "app.zip", "app.zip.old", region="us-east-1")
    code, detail = refusal(looking, function_from("s3://a-new-bucket/app.zip"))
    assert code == "package_in_other_region"
    assert "us-east-1" in detail
    assert "eu-west-1" in detail
    assert refusal(looking, function_from("s3://nowhere-at-all/app.zip"))[0] == "missing_resource"


def test_a_package_that_is_not_in_its_bucket_is_refused(looking: WiredExecutor) -> None:
    make_role(looking)
    make_bucket(looking, "app.zip.old")
    code, detail = refusal(looking, function_from("s3://a-new-bucket/app.zip"))
    assert (code, "no object app.zip in the bucket a-new-bucket" in detail) == ("missing_resource", True)
    plan = looking.prepare(function_from("s3://a-new-bucket/app.zip.old"))
    assert [one.message for one in plan.findings if "s3://" in one.message] == []


def test_a_role_that_differs_in_case_alone_is_taken(looking: WiredExecutor) -> None:
    looking.client("iam").create_role(RoleName="Reader", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))
    code, detail = refusal(looking, ROLE)
    assert code == "name_taken"
    assert "the role Reader exists already" in detail


def test_two_roles_of_a_plan_that_differ_in_case_alone_are_refused(looking: WiredExecutor) -> None:
    other = step("create_iam_role", "other", name="READER", policy_document=LAMBDA_TRUST)
    code, detail = refusal(looking, ROLE, other)
    assert code == "name_taken"
    assert "because of step 'role'" in detail


@pytest.mark.parametrize(("quota", "refused"), [(2048, True), (4096, False)])
def test_a_trust_policy_is_measured_by_the_accounts_own_quota(
    looking: WiredExecutor, quota: int, refused: bool
) -> None:
    numbers = {"Roles": 1, "RolesQuota": 10, "AttachedPoliciesPerRoleQuota": 10}
    summary = account_summary(**numbers, AssumeRolePolicySizeQuota=quota)
    looking.wire.always["GetAccountSummary"] = says(summary)
    principals: Any = {"AWS": [f"arn:aws:iam::999999999999:role/application-number-{n}" for n in range(50)]}
    long = ROLE.model_copy(update={"arguments": {**ROLE.arguments, "policy_document": trusting(Principal=principals)}})
    if refused:
        code, detail = refusal(looking, long)
        assert (code, f"may have {quota}" in detail) == ("quota_reached", True)
    else:
        assert looking.prepare(long).status == "proposed"


@pytest.mark.parametrize(("roles", "refused"), [(8, False), (9, True)])
def test_the_quota_of_roles_counts_what_the_plan_makes(looking: WiredExecutor, roles: int, refused: bool) -> None:
    summary = account_summary(Roles=roles, RolesQuota=10, AttachedPoliciesPerRoleQuota=10)
    looking.wire.always["GetAccountSummary"] = says(summary)
    other = step("create_iam_role", "other", **{**ROLE.arguments, "name": "writer"})
    if refused:
        code, detail = refusal(looking, ROLE, other)
        assert (code, "has 9 of 10 roles" in detail) == ("quota_reached", True)
    else:
        assert codes(looking.prepare(ROLE, other)) == []


def test_a_role_that_the_plan_deletes_before_makes_room(looking: WiredExecutor) -> None:
    make_role(looking)
    summary = account_summary(Roles=10, RolesQuota=10, AttachedPoliciesPerRoleQuota=10)
    looking.wire.always["GetAccountSummary"] = says(summary)
    assert codes(looking.prepare(DELETE_ROLE, ROLE)) == []


def test_the_quota_of_attached_policies_is_the_accounts(looking: WiredExecutor) -> None:
    summary = account_summary(Roles=1, RolesQuota=10, AttachedPoliciesPerRoleQuota=0)
    looking.wire.always["GetAccountSummary"] = says(summary)
    assert refusal(looking, ROLE, POLICY)[0] == "quota_reached"


def test_a_full_code_storage_refuses_a_function_with_a_package(looking: WiredExecutor) -> None:
    make_role(looking)
    full = {"AccountUsage": {"TotalCodeSize": 75}, "AccountLimit": {"TotalCodeSize": 75}}
    looking.wire.always["GetAccountSettings"] = says(json.dumps(full))
    arguments = {**FUNCTION_OF_READER.arguments, "zip_file_path": "s3://code/app.zip"}
    with_package = FUNCTION_OF_READER.model_copy(update={"arguments": arguments})
    assert refusal(looking, with_package)[0] == "quota_reached"
    assert codes(looking.prepare(FUNCTION_OF_READER)) == []


def test_a_look_that_aws_refuses_is_a_finding_and_no_more(looking: WiredExecutor) -> None:
    looking.wire.always["GetRole"] = denied()
    plan = looking.prepare(ROLE, BUCKET)
    assert codes(plan) == ["conflicts_unchecked"]
    assert "the role reader (AWS denied GetRole: told to. " in plan.findings[-1].message


def test_a_slow_look_is_given_up(looking: WiredExecutor) -> None:
    looking.settings = looking.settings.model_copy(update={"conflicts_seconds": 0.05})
    answered = threading.Event()
    looking.wire.always["HeadBucket"] = passes(answered.wait)
    try:
        plan = looking.prepare(BUCKET)
    finally:
        answered.set()
    assert codes(plan) == ["conflicts_unchecked"]
    assert "the bucket name a-new-bucket (there was no time)" in plan.findings[-1].message


@pytest.mark.parametrize("permitted", [True, False])
def test_anothers_bucket_is_only_told_from_a_forbidden_look_by_who_may_look(
    looking: WiredExecutor, permitted: bool
) -> None:
    looking.wire.always["HeadBucket"] = denied()
    planned = Planned("bucket", "create_s3_bucket", BUCKET.arguments, permitted)
    if permitted:
        with pytest.raises(AssistantError, match="another account") as caught:
            check(looking.aws(), [planned], "test", 5)
        assert (caught.value.status, caught.value.code) == (409, "name_taken")
    else:
        [finding] = check(looking.aws(), [planned], "test", 5).findings
        assert finding.code == "conflicts_unchecked"
        assert "or you may not look (s3:ListBucket)" in finding.message
