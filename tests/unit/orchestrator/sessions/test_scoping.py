"""The session policies."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Literal

import pytest

from services.orchestrator.sessions.scoping import MAX_POLICY_CHARS, session_policy


def allowed(agent: Literal["info", "advisor"], action: str) -> bool:
    """Evaluate the policy as IAM does: an explicit deny wins."""
    matching = {
        statement["Effect"]
        for statement in json.loads(session_policy(agent))["Statement"]
        if any(fnmatchcase(action, pattern) for pattern in statement["Action"])
    }
    return matching == {"Allow"}


@pytest.mark.parametrize("agent", ["info", "advisor"])
def test_a_session_policy_fits_what_sts_takes(agent: Literal["info", "advisor"]) -> None:
    assert len(session_policy(agent)) <= MAX_POLICY_CHARS
    assert ": " not in session_policy(agent)


@pytest.mark.parametrize(
    "action",
    [
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
        "s3:GetBucketLocation",
        "cloudwatch:GetMetricData",
        "ec2:DescribeInstances",
        "lambda:ListFunctions",
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "ce:GetCostAndUsage",
        "sts:GetCallerIdentity",
    ],
)
def test_the_informational_agent_can_list_and_read(action: str) -> None:
    assert allowed("info", action)


@pytest.mark.parametrize(
    "action",
    [
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParametersByPath",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "lambda:GetFunction",
        "lambda:InvokeFunction",
        "ec2:GetPasswordData",
        "dynamodb:GetItem",
        "s3:PutObject",
        "s3:DeleteBucket",
        "iam:CreateRole",
        "iam:PassRole",
        "ec2:RunInstances",
        "sts:AssumeRole",
        "bedrock:InvokeModel",
    ],
)
def test_the_informational_agent_can_neither_change_nor_read_secrets(action: str) -> None:
    assert not allowed("info", action)


def test_the_advisor_can_only_invoke_models() -> None:
    assert allowed("advisor", "bedrock:InvokeModel")
    assert not allowed("advisor", "s3:ListAllMyBuckets")
    assert not allowed("advisor", "iam:GetRole")
