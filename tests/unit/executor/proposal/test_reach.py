"""A policy in one line: by service, how far it reaches, and on what."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.proposal.reach import reach


def allow(*actions: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ([allow("*")], "every action; on every resource"),
        ([allow("*:*")], "every action; on every resource"),
        ([allow("s3:*", "SQS:*")], "every action of s3, sqs; on every resource"),
        ([allow("iam:AttachRolePolicy")], "changes of permissions in iam; on every resource"),
        ([allow("iam:PassRole")], "changes of permissions in iam; on every resource"),
        ([allow("s3:PutObject"), allow("ec2:RunInstances")], "changes in ec2, s3; on every resource"),
        (
            [allow("secretsmanager:GetSecretValue")],
            "reads of contents and secrets in secretsmanager; on every resource",
        ),
        ([allow("ec2:Describe?nstances")], "reads in ec2; on every resource"),
        ([allow("nosuch:Thing")], "changes in nosuch; on every resource"),
        ([allow("ec2:DescribeInstances", resource="arn:aws:x")], "reads in ec2; on the resources that it names"),
        (
            [allow("ec2:DescribeInstances"), allow("sqs:SendMessage", resource=["arn:aws:x"])],
            "changes in sqs; reads in ec2; in part on every resource, in part on those that it names",
        ),
        (
            [allow("sqs:SendMessage", Condition={"Bool": {"aws:SecureTransport": "true"}})],
            "changes in sqs; on every resource, 1 of 1 statements under conditions",
        ),
        (
            [{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}],
            "every action but iam:*; on every resource",
        ),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:x"}], "every action of s3; on every resource"),
        (
            [allow("s3:*"), {"Effect": "Deny", "Action": "*", "Resource": "*"}],
            "every action of s3; on every resource; 1 statements deny",
        ),
        ([{"Effect": "Deny", "Action": "*", "Resource": "*"}], "nothing; 1 statements deny"),
    ],
)
def test_a_policy_is_told_in_a_line(statements: list[dict[str, Any]], words: str) -> None:
    assert reach({"Version": "2012-10-17", "Statement": statements}) == words


def test_services_that_are_only_read_are_counted_and_those_that_change_all_named() -> None:
    reads = [f"{name}:Describe*" for name in ("ec2", "rds", "ecs", "eks", "efs", "elasticache", "dms", "fsx", "ds")]
    reads = [
        *reads,
        "logs:Describe*",
        "autoscaling:Describe*",
        "cloudtrail:Describe*",
        "cloudwatch:Describe*",
        "dax:D*",
    ]
    made = [f"made-up-{number}:Thing" for number in range(40)]
    words = reach({"Statement": [allow(*reads, *made)]})
    assert all(f"made-up-{number}," in words or f"made-up-{number};" in words for number in range(40))
    assert "more services" in words
