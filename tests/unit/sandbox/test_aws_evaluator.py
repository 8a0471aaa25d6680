"""What a policy says about a request: the evaluator alone."""

import json
from typing import Any

import pytest

from sandbox.aws.iam.conditions import condition_holds
from sandbox.aws.iam.policy import AccessRequest, Effect, MalformedPolicy, evaluate, parse

CONTEXT = {
    "aws:requestedregion": ("eu-west-1",),
    "aws:principalarn": ("arn:aws:iam::111122223333:role/team/a",),
    "aws:username": ("jane",),
    "aws:sourceip": ("10.1.2.3",),
    "aws:tagkeys": ("team", "cost"),
    "aws:currenttime": ("2026-03-01T00:00:00+00:00",),
    "s3:max-keys": ("10",),
    "aws:securetransport": ("true",),
}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("block", "holds"),
    [
        ({"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "EU-WEST-1"}}, False),
        ({"StringEqualsIgnoreCase": {"AWS:REQUESTEDREGION": "EU-WEST-1"}}, True),
        ({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}, False),
        ({"StringLike": {"aws:RequestedRegion": "eu-*"}}, True),
        ({"StringNotLike": {"aws:RequestedRegion": "us-?ast-1"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team/*"}}, True),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team/*"}}, False),
        ({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::1*"}}, False),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}, False),
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, True),
        ({"NumericGreaterThan": {"s3:max-keys": 10}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-02-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2026-02-01T00:00:00Z"}}, False),
        ({"Null": {"aws:SourceIdentity": "true"}}, True),
        ({"Null": {"aws:username": "true"}}, False),
        ({"StringEquals": {"aws:SourceIdentity": "x"}}, False),
        ({"StringNotEquals": {"aws:SourceIdentity": "x"}}, True),
        ({"StringEqualsIfExists": {"aws:SourceIdentity": "x"}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost", "env"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["cost"]}}, True),
        ({"ForAnyValue:StringEquals": {"aws:RequestTag/x": ["cost"]}}, False),
        ({"StringEquals": {"aws:username": "${aws:username}"}}, True),
        ({"NumericEquals": {"aws:username": "1"}}, False),
        ({"NoSuchOperator": {"aws:username": "jane"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:username": "joe"}}, False),
    ],
)
def test_conditions_hold_as_aws_documents_them(block: dict[str, Any], holds: bool) -> None:
    assert condition_holds(block, CONTEXT) is holds


@pytest.mark.parametrize(
    ("statements", "action", "resource", "effect"),
    [
        ([allow("S3:getobject")], "s3:GetObject", "arn:aws:s3:::b/k", Effect.ALLOW),
        ([allow("s3:Get*", "arn:aws:s3:::b/*")], "s3:GetObject", "arn:aws:s3:::c/k", Effect.SILENT),
        ([allow("s3:?etObject", "arn:aws:s3:::b/???")], "s3:GetObject", "arn:aws:s3:::b/abc", Effect.ALLOW),
        ([allow("*"), deny("s3:*", "arn:aws:s3:::b*")], "s3:GetObject", "arn:aws:s3:::b/k", Effect.DENY),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], "iam:GetRole", "*", Effect.SILENT),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], "s3:GetObject", "*", Effect.ALLOW),
        (
            [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}],
            "s3:Get",
            "arn:aws:s3:::b/k",
            Effect.SILENT,
        ),
        ([allow("s3:*", "arn:aws:s3:::${aws:username}/*")], "s3:Get", "arn:aws:s3:::jane/k", Effect.ALLOW),
        ([allow("s3:*", "arn:aws:s3:::${aws:username}/*")], "s3:Get", "arn:aws:s3:::joe/k", Effect.SILENT),
        ([allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})], "s3:Get", "*", Effect.SILENT),
        ([allow("s3.*")], "s3:GetObject", "*", Effect.SILENT),
    ],
)
def test_statements_match_actions_and_resources(
    statements: list[dict[str, Any]], action: str, resource: str, effect: Effect
) -> None:
    assert evaluate([policy(*statements)], AccessRequest(action, resource, CONTEXT)) is effect


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"Statement": [{"Effect": "allow", "Action": "*"}]}'])
def test_what_is_no_policy_is_refused(document: str) -> None:
    with pytest.raises(MalformedPolicy):
        parse(document)
