"""Whether a policy is no wider than another: proven, refuted by an example that the evaluator confirms, or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.iam.comparison.compare import compare
from shared.iam.evaluate import evaluate

Policy = dict[str, Any]

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
PHOTOS = "arn:aws:s3:::photos*"
ACCOUNT = "arn:aws:iam::111122223333:root"
ROLE = "arn:aws:iam::111122223333:role/team/app"


def policy(*statements: Policy, version: str = "2012-10-17") -> Policy:
    return {"Version": version, "Statement": list(statements)}


def allow(action: Any = "s3:*", resource: Any = "*", **more: Any) -> Policy:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:*", resource: Any = "*", **more: Any) -> Policy:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def where(operator: str, key: str, *values: str) -> Policy:
    return allow(Condition={operator: {key: list(values)}})


def trusts(principal: Any, **more: Any) -> Policy:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def nothing_new(before: Policy, after: Policy) -> bool | None:
    return compare(before, after).grants_nothing_new.holds


NARROWER = {
    "the same": ([allow()], [allow()]),
    "another name": ([allow()], [allow(Sid="Renamed")]),
    "fewer actions in any case": ([allow("s3:Get*")], [allow(["S3:getobject", "s3:GetBucketAcl"])]),
    "a pattern within another": ([allow("s3:*Object*")], [allow("s3:?etObject")]),
    "fewer resources": ([allow(resource=PHOTOS)], [allow(resource=["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"])]),
    "covered by two statements only together": (
        [allow("s3:Get*"), allow("s3:Put*")],
        [allow(["s3:GetObject", "s3:PutObject"])],
    ),
    "a condition and its opposite together": (
        [allow(Condition=MFA), allow(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})],
        [allow()],
    ),
    "a condition more": ([allow()], [allow(Condition=MFA)]),
    "all but more": (
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        [{"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}],
    ),
    "plain actions outside an exception": (
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        [allow(["s3:*", "ec2:Describe*"])],
    ),
    "a Deny instead of an exception": (
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        [allow("*"), deny("iam:*")],
    ),
    "an exception instead of a Deny": (
        [allow(), deny(resource="arn:aws:s3:::secret*")],
        [{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::secret*"}],
    ),
    "a Deny that touches nothing is left out": ([allow("s3:*"), deny("ec2:*")], [allow("s3:Get*")]),
    "a wider Deny": ([allow(), deny("s3:Delete*")], [allow(), deny("s3:D*")]),
    "a range of addresses within another": (
        [where("IpAddress", "aws:SourceIp", "10.0.0.0/8")],
        [where("IpAddress", "aws:SourceIp", "10.1.0.0/16", "10.200.0.1")],
    ),
    "two halves make a range": (
        [where("IpAddress", "aws:SourceIp", "10.0.0.0/9", "10.128.0.0/9")],
        [where("IpAddress", "aws:SourceIp", "10.0.0.0/8")],
    ),
    "a shorter time": (
        [where("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z")],
        [where("DateLessThan", "aws:CurrentTime", "2029-01-01T02:00:00+02:00")],
    ),
    "fewer": (
        [where("NumericLessThanEquals", "s3:max-keys", "10")],
        [where("NumericLessThan", "s3:max-keys", "10.5"), where("NumericLessThan", "s3:max-keys", "3")][1:],
    ),
    "equal within like": (
        [where("StringLike", "aws:PrincipalTag/team", "data-*", "web")],
        [where("StringEquals", "aws:PrincipalTag/team", "data-eu", "web")],
    ),
    "the key must be there": (
        [where("StringEqualsIfExists", "aws:PrincipalTag/team", "web")],
        [where("StringEquals", "aws:PrincipalTag/team", "web")],
    ),
    "one case of any": (
        [where("StringEqualsIgnoreCase", "aws:PrincipalTag/team", "WEB")],
        [where("StringEquals", "aws:PrincipalTag/team", "Web")],
    ),
    "an ARN in its parts": (
        [where("ArnLike", "aws:SourceArn", "arn:aws:sns:*:111122223333:*")],
        [where("ArnEquals", "aws:SourceArn", "arn:aws:sns:eu-west-1:111122223333:orders")],
    ),
    "each of fewer values": (
        [where("ForAllValues:StringEquals", "aws:TagKeys", "a", "b")],
        [where("ForAllValues:StringEquals", "aws:TagKeys", "a")],
    ),
    "one of fewer values": (
        [where("ForAnyValue:StringEquals", "aws:TagKeys", "a", "b")],
        [where("ForAnyValue:StringEquals", "aws:TagKeys", "a")],
    ),
    "a key that is absent": (
        [where("ForAllValues:StringEquals", "aws:TagKeys", "a")],
        [where("Null", "aws:TagKeys", "true")],
    ),
    "a variable within a wildcard": (
        [allow(resource="arn:aws:s3:::home/*")],
        [allow(resource="arn:aws:s3:::home/${aws:username}/*")],
    ),
    "below a variable": (
        [allow(resource="arn:aws:s3:::home/${aws:username}/*")],
        [allow(resource="arn:aws:s3:::home/${AWS:UserName}/docs/*")],
    ),
    "a condition that nobody understands is kept": (
        [where("StringSoundsLike", "aws:PrincipalTag/team", "web")],
        [allow("s3:Get*", Condition={"StringSoundsLike": {"aws:PrincipalTag/team": ["web"]}})],
    ),
    "nothing at all": ([allow()], []),
    "one account of two": (
        [trusts({"AWS": ["111122223333", "444455556666"]})],
        [trusts({"AWS": "arn:aws:iam::111122223333:root"})],
    ),
    "one of all": ([trusts("*")], [trusts({"AWS": ROLE}), trusts({"Service": "lambda.amazonaws.com"})]),
    "a session of a role": (
        [trusts({"AWS": ROLE})],
        [trusts({"AWS": "arn:aws:sts::111122223333:assumed-role/app/night"})],
    ),
    "one service of two": (
        [trusts({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]})],
        [trusts({"Service": "ec2.amazonaws.com"})],
    ),
}

WIDER = {
    "more actions": ([allow("s3:Get*")], [allow("s3:*")]),
    "everything": ([allow("s3:Get*")], [allow("*")]),
    "one action more": ([allow("s3:GetObject")], [allow(["s3:GetObject", "iam:PassRole"])]),
    "more resources": ([allow(resource=PHOTOS)], [allow()]),
    "another resource": ([allow(resource=PHOTOS)], [allow(resource="arn:aws:s3:::other/*")]),
    "actions and resources crossed": (
        [allow("s3:Get*"), allow("s3:Put*", "arn:aws:s3:::inbox/*")],
        [allow("s3:PutObject", "arn:aws:s3:::photos/*")],
    ),
    "a Deny less": ([allow(), deny("s3:Delete*")], [allow()]),
    "a narrower Deny": (
        [allow(), deny(resource="arn:aws:s3:::secret*")],
        [allow(), deny("s3:Get*", "arn:aws:s3:::secret*")],
    ),
    "an exception less": (
        [{"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}],
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
    ),
    "into an exception": ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [allow("i*:PassRole")]),
    "a condition less": ([allow(Condition=MFA)], [allow()]),
    "the key may be missing": (
        [where("StringEquals", "aws:PrincipalTag/team", "web")],
        [where("StringEqualsIfExists", "aws:PrincipalTag/team", "web")],
    ),
    "a larger range": (
        [where("IpAddress", "aws:SourceIp", "10.1.0.0/16")],
        [where("IpAddress", "aws:SourceIp", "10.0.0.0/8")],
    ),
    "addresses of version 6": (
        [where("IpAddress", "aws:SourceIp", "2001:db8::/64")],
        [where("IpAddress", "aws:SourceIp", "2001:db8::/32")],
    ),
    "one value more": (
        [where("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "a")],
        [where("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "a", "b")],
    ),
    "a longer time": (
        [where("DateLessThan", "aws:CurrentTime", "2029-01-01")],
        [where("DateLessThan", "aws:CurrentTime", "2030-06-01")],
    ),
    "above a variable": (
        [allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/docs/*")],
        [allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")],
    ),
    "a strong version wakes a variable": (
        [allow("s3:GetObject", "arn:aws:s3:::home/x/*")],
        [allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")],
    ),
}


@pytest.mark.parametrize("case", NARROWER)
def test_what_is_no_wider_is_proven(case: str) -> None:
    before, after = NARROWER[case]
    assert nothing_new(policy(*before), policy(*after)) is True


@pytest.mark.parametrize("case", WIDER)
def test_what_is_wider_has_an_example_that_the_evaluator_confirms(case: str) -> None:
    before, after = (policy(*statements) for statements in WIDER[case])
    answer = compare(before, after).grants_nothing_new
    assert answer.holds is False
    assert answer.example
    request = answer.example.request
    context: Mapping[str, Any] = request.context
    decided = [
        evaluate([one], action=request.action, resource=request.resource, context=context).decision
        for one in (before, after)
    ]
    assert decided == ["denied", "allowed"], request


def test_an_example_is_one_that_a_person_would_name() -> None:
    answer = compare(policy(allow("s3:Get*")), policy(allow("s3:*"))).grants_nothing_new
    assert answer.example
    assert (answer.example.request.action, answer.example.request.resource) == (
        "s3:PutObject",
        "arn:aws:s3:::example/example",
    )
    assert answer.example.request.notes == ()
    assert (answer.example.before, answer.example.after) == ("no statement allows it", "Statement[0] allows it")


def test_an_example_says_that_its_action_is_none_of_aws() -> None:
    answer = compare(policy(allow("s3:GetObject")), policy(allow("s3:Get?bject"))).grants_nothing_new
    assert answer.holds is False
    assert answer.example
    assert "AWS documents no action" in answer.example.request.notes[0]


@pytest.mark.parametrize(
    ("principal", "wider"),
    [
        ({"AWS": ROLE}, {"AWS": ACCOUNT}),
        ({"AWS": ACCOUNT}, "*"),
        ({"AWS": ACCOUNT}, {"AWS": ["111122223333", "444455556666"]}),
        ({"Service": "ec2.amazonaws.com"}, {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}),
    ],
)
def test_more_principals_are_wider_and_one_of_them_is_the_example(principal: Any, wider: Any) -> None:
    answer = compare(policy(trusts(principal)), policy(trusts(wider))).grants_nothing_new
    assert answer.holds is False
    assert answer.example
    assert answer.example.request.caller


UNKNOWN = {
    "an unknown operator": (
        [where("StringSoundsLike", "aws:PrincipalTag/team", "web")],
        [where("StringSoundsLike", "aws:PrincipalTag/team", "data")],
        "stringsoundslike",
    ),
    "a role in place of its account": ([trusts({"AWS": ACCOUNT})], [trusts({"AWS": ROLE})], "names a principal itself"),
    "a canonical user": (
        [trusts({"AWS": ACCOUNT})],
        [trusts({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"})],
        "is not known",
    ),
    "NotPrincipal": (
        [{**trusts("*"), "NotPrincipal": {"AWS": [ROLE, ACCOUNT]}}],
        [{**trusts("*"), "NotPrincipal": {"AWS": ROLE}}],
        "NotPrincipal",
    ),
    "a region of which the resource tells": (
        [where("StringEquals", "aws:RequestedRegion", "eu-west-1")],
        [allow("s3:*", "arn:aws:s3:eu-west-1:*:*")],
        "aws:RequestedRegion",
    ),
    "policies of two kinds": ([allow()], [trusts("*")], "different kinds"),
    "none that AWS would take": ([{"Effect": "Allow"}], [allow()], "none that AWS would take"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_can_be_neither_proven_nor_refuted_is_unknown_with_the_reason(case: str) -> None:
    before, after, reason = UNKNOWN[case]
    for statements in (before, after):
        for item in statements:
            if "NotPrincipal" in item:
                item.pop("Principal", None)
    answer = compare(policy(*before), policy(*after)).grants_nothing_new
    assert (answer.holds, answer.example) == (None, None)
    assert reason in answer.reason


def test_a_dropped_deny_is_told_even_where_the_policy_itself_allows_nothing_new() -> None:
    found = compare(policy(allow("s3:*"), deny("ec2:*")), policy(allow("s3:*")))
    assert found.grants_nothing_new.holds is True
    assert found.keeps_every_deny.holds is False
    assert found.keeps_every_deny.example
    assert found.keeps_every_deny.example.request.action.startswith("ec2:")


def test_a_variable_that_only_one_policy_resolves_is_not_the_same_text() -> None:
    old = policy(allow(resource="arn:aws:s3:::${aws:username}"), version="2008-10-17")
    assert nothing_new(old, {**old, "Version": "2012-10-17"}) is not True


def test_a_deny_that_a_missing_variable_may_disable_keeps_no_deny() -> None:
    before = policy(allow(), deny(resource="arn:aws:s3:::secret"))
    after = policy(allow(), deny(resource=["arn:aws:s3:::secret", "arn:aws:s3:::${aws:username}"]))
    assert nothing_new(before, after) is not True


def test_policies_that_would_take_too_long_are_unknown_after_as_many_steps_every_time() -> None:
    before = policy(
        allow(resource=["arn:aws:s3:::" + "".join(f"*{chr(97 + n * k % 26)}" for n in range(30)) for k in range(1, 26)])
    )
    found = compare(before, policy(allow()), steps=5000).grants_nothing_new
    assert found.holds is None
    assert "too large" in found.reason


def test_long_lists_are_compared_action_by_action() -> None:
    actions = [f"s3:Get{name}" for name in ("Object", "BucketAcl", "BucketTagging", "ObjectAcl")]
    buckets = [f"arn:aws:s3:::bucket-{number}/*" for number in range(20)]
    before = policy(*(allow(action, buckets) for action in actions))
    assert nothing_new(before, policy(allow(actions, [one.replace("*", "x") for one in buckets]))) is True
    assert nothing_new(before, policy(allow(actions, [*buckets, "arn:aws:s3:::bucket-20/*"]))) is False
