"""Fences: what they let through, what they leave out and with which code; of the session and of the operator."""

from __future__ import annotations

import time

import pytest
from pydantic import ValidationError

from shared.access.fencing import check_of, is_global
from shared.errors import Forbidden
from shared.sessions.fences import Fences, Perimeter


def refusal(fences: Fences, *call: str) -> str | None:
    check = check_of(Perimeter.of(fences))
    assert check is not None
    try:
        check(*call)
    except Forbidden as outside:
        return outside.code
    return None


@pytest.mark.parametrize(
    ("fences", "call", "code"),
    [
        (Fences(services=("s3",)), ("s3", "ListBuckets", "eu-west-1"), None),
        (Fences(services=("s3",)), ("s3", "ListDirectoryBuckets", "eu-west-1"), None),
        (Fences(services=("s3",)), ("ec2", "DescribeInstances", "eu-west-1"), "service_outside_fence"),
        (Fences(services=("s3",)), ("sts", "GetCallerIdentity", "eu-west-1"), None),
        (Fences(services=("s3",)), ("sts", "AssumeRole", "eu-west-1"), "service_outside_fence"),
        # AWS's two names of one service.
        (Fences(services=("elbv2",)), ("elbv2", "DescribeLoadBalancers", "eu-west-1"), None),
        (Fences(services=("elasticloadbalancing",)), ("elbv2", "DescribeLoadBalancers", "eu-west-1"), None),
        (Fences(operations=("ec2:Describe*",)), ("ec2", "DescribeInstances", "eu-west-1"), None),
        (Fences(operations=("ec2:describe*",)), ("ec2", "DescribeInstances", "eu-west-1"), None),
        (Fences(operations=("ec2:Describe*",)), ("ec2", "RunInstances", "eu-west-1"), "operation_outside_fence"),
        # By the action that it needs, and by its own name.
        (Fences(operations=("s3:ListAllMyBuckets",)), ("s3", "ListBuckets", "eu-west-1"), None),
        (Fences(operations=("s3:ListBuckets",)), ("s3", "ListBuckets", "eu-west-1"), None),
        (Fences(operations=("s3:List*",)), ("s3", "GetObject", "eu-west-1"), "operation_outside_fence"),
        # An operation that nothing is known of is judged by its name.
        (Fences(operations=("ec2:*",)), ("s3", "NoSuchOperation", "eu-west-1"), "operation_outside_fence"),
        (Fences(regions=("eu-*",)), ("ec2", "DescribeInstances", "eu-west-1"), None),
        (Fences(regions=("eu-*",)), ("ec2", "DescribeInstances", "us-east-1"), "region_outside_fence"),
        (Fences(regions=("eu-*",)), ("iam", "ListRoles", "us-east-1"), None),
        (Fences(regions=("eu-*",)), ("ce", "GetCostAndUsage", "us-east-1"), None),
        (Fences(regions=("eu-*",)), ("s3", "ListObjectsV2", "us-east-1"), "region_outside_fence"),
    ],
)
def test_a_call_is_judged_by_service_operation_and_region(
    fences: Fences, call: tuple[str, ...], code: str | None
) -> None:
    assert refusal(fences, *call) == code


def test_what_both_let_through_is_allowed() -> None:
    perimeter = Perimeter.of(Fences(services=("s3", "ec2")), Fences(services=("ec2", "lambda")))
    perimeter.check_actions(["ec2:DescribeInstances"])
    for action in ("s3:ListBucket", "lambda:ListFunctions"):
        with pytest.raises(Forbidden):
            perimeter.check_actions([action])
    assert not perimeter.lets_any(["s3:ListBucket", "lambda:ListFunctions"])


def test_the_refusal_says_who_set_the_fence_and_what_it_allows() -> None:
    with pytest.raises(Forbidden) as raised:
        Perimeter.of(None, Fences(services=("s3",))).check_actions(["ec2:DescribeInstances"])
    assert "the operator set" in raised.value.detail
    assert "s3" in raised.value.detail


def test_accounts_are_fenced_by_id_or_name() -> None:
    perimeter = Perimeter.of(Fences(accounts=("111122223333", "prod-*")))
    perimeter.check_account("111122223333", "anything")
    perimeter.check_account("222233334444", "prod-eu")
    for account in (("333344445555", "staging"), ("333344445555", None)):
        with pytest.raises(Forbidden) as raised:
            perimeter.check_account(*account)
        assert raised.value.code == "account_outside_fence"


def test_read_only_refuses_every_change_and_nothing_else() -> None:
    perimeter = Perimeter.of(Fences(read_only=True))
    perimeter.check_actions(["s3:CreateBucket"])
    with pytest.raises(Forbidden) as raised:
        perimeter.check_change()
    assert raised.value.code == "session_read_only"


def test_without_fences_nothing_is_checked() -> None:
    assert check_of(Perimeter.of(None, Fences())) is None
    assert not Perimeter.of(Fences())


@pytest.mark.parametrize(
    "given", [{"services": []}, {"services": ["S3 "]}, {"operations": ["s3"]}, {"regions": ["EU"]}, {"mode": "none"}]
)
def test_a_fence_that_is_none_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fences.model_validate(given)


def test_a_hostile_pattern_takes_no_time() -> None:
    pattern = "s3:" + "*a" * 62 + "b"
    started = time.process_time()
    with pytest.raises(Forbidden):
        Perimeter.of(Fences(operations=(pattern,))).check_actions(["s3:" + "a" * 120])
    assert time.process_time() - started < 1


def test_global_services_are_those_with_one_endpoint() -> None:
    assert all(is_global(service) for service in ("iam", "sts", "ce", "route53", "cloudfront", "organizations"))
    assert not any(is_global(service) for service in ("s3", "ec2", "lambda", "cloudwatch", "no-such-service"))
