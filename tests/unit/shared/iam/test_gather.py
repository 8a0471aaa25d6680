"""A caller's policies are read from wherever they hang, and all of them or none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from shared.iam.gather import NotAnIdentity, gather, identity_of

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def document(action: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


@pytest.fixture
def iam() -> Iterator[Any]:
    with mock_aws():
        keys = {"aws_access_key_id": "A", "aws_secret_access_key": "s"}
        yield boto3.Session(**keys).client("iam", region_name="us-east-1")


def managed(iam: Any, name: str, *actions: str) -> str:
    """Make a managed policy with a version per action; the last one is the default."""
    arn: str = iam.create_policy(PolicyName=name, PolicyDocument=document(actions[0]))["Policy"]["Arn"]
    for action in actions[1:]:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(action), SetAsDefault=True)
    return arn


def found(iam: Any, arn: str) -> set[tuple[str, str, str]]:
    policies: Any = gather(iam, arn).policies
    return {(one.name, one.source, one.document["Statement"][0]["Action"]) for one in policies}


def test_a_users_own_and_its_groups_policies_are_read_in_their_default_version(iam: Any) -> None:
    arn = iam.create_user(UserName="ann", Path="/team/")["User"]["Arn"]
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document("s3:*"))
    iam.attach_user_policy(UserName="ann", PolicyArn=managed(iam, "deploy", "ec2:*", "ec2:Run*"))
    iam.create_group(GroupName="ops")
    iam.put_group_policy(GroupName="ops", PolicyName="shared", PolicyDocument=document("sqs:*"))
    iam.attach_group_policy(GroupName="ops", PolicyArn=managed(iam, "wide", "*"))
    iam.add_user_to_group(GroupName="ops", UserName="ann")

    assert found(iam, arn) == {
        ("own", "inline in user ann", "s3:*"),
        ("deploy", "attached to user ann", "ec2:Run*"),
        ("shared", "inline in group ops", "sqs:*"),
        ("wide", "attached to group ops", "*"),
    }
    assert gather(iam, arn).arn == arn


def test_a_session_of_a_role_has_the_roles_policies_and_boundary(iam: Any) -> None:
    limit = managed(iam, "limit", "s3:*")
    role = iam.create_role(RoleName="Deployer", Path="/x/", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=limit)[
        "Role"
    ]["Arn"]
    iam.put_role_policy(RoleName="Deployer", PolicyName="own", PolicyDocument=document("*"))

    gathered = gather(iam, "arn:aws:sts::123456789012:assumed-role/Deployer/session")

    assert [policy.source for policy in gathered.policies] == ["inline in role Deployer"]
    assert gathered.boundary is not None
    assert gathered.boundary.name == "limit"
    assert gathered.arn == role


def test_more_than_one_page_is_read(iam: Any) -> None:
    arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    for number in range(120):
        iam.put_role_policy(RoleName="r", PolicyName=f"p{number:03}", PolicyDocument=document("s3:*"))

    assert len(gather(iam, arn).policies) == 120


def test_who_is_not_there_or_not_readable_is_an_error_and_no_empty_answer(iam: Any) -> None:
    with pytest.raises(ClientError):
        gather(iam, "arn:aws:iam::123456789012:user/nobody")


@pytest.mark.parametrize(
    "arn",
    ["arn:aws:iam::1:root", "arn:aws:sts::1:federated-user/ann", "arn:aws:sts::1:assumed-role", "ann", ""],
)
def test_who_has_no_policies_of_its_own_is_refused(arn: str) -> None:
    with pytest.raises(NotAnIdentity):
        identity_of(arn)
