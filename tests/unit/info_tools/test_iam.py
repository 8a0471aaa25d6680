"""IAM roles, and everything that is on one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from services.info_tools.tools import toolbox
from services.info_tools.tools.iam import describe_iam_role, list_iam_roles
from shared.aws.clients import Aws
from shared.errors import InvalidArguments, NotFound

MakeAws = Callable[..., Aws]
Failing = Callable[..., Any]

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
INLINE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


@pytest.fixture
def account(moto_aws: None) -> None:
    client = boto3.client("iam", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    for index in range(3):
        client.create_role(RoleName=f"app-{index}", Path="/apps/", AssumeRolePolicyDocument=json.dumps(TRUST))
    client.create_role(
        RoleName="Deploy",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Description="Ships it",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "a"}],
    )
    for index in range(3):
        client.put_role_policy(RoleName="Deploy", PolicyName=f"inline-{index}", PolicyDocument=json.dumps(INLINE))
        policy = client.create_policy(PolicyName=f"managed-{index}", PolicyDocument=json.dumps(INLINE))
        client.attach_role_policy(RoleName="Deploy", PolicyArn=policy["Policy"]["Arn"])


def test_all_pages_of_roles_are_listed(make_aws: MakeAws, account: None) -> None:
    found = list_iam_roles(make_aws(page_size=2))
    assert found.role_count == 4
    assert {role.role_name for role in found.roles} == {"app-0", "app-1", "app-2", "Deploy"}


def test_roles_of_services_are_among_them(make_aws: MakeAws, account: None) -> None:
    client = boto3.client("iam", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    path = "/aws-service-role/support.amazonaws.com/"
    client.create_role(RoleName="AWSServiceRoleForSupport", Path=path, AssumeRolePolicyDocument=json.dumps(TRUST))
    assert list_iam_roles(make_aws()).role_count == 5
    assert list_iam_roles(make_aws(), path_prefix="/aws-service-role/").role_count == 1


def test_a_path_limits_the_roles(make_aws: MakeAws, account: None) -> None:
    assert list_iam_roles(make_aws(), path_prefix="/apps/").role_count == 3


def test_a_role_is_described_with_all_its_policies_as_json(make_aws: MakeAws, account: None) -> None:
    aws = make_aws(page_size=2)
    role = describe_iam_role(aws, "Deploy")
    assert role.trust_policy == TRUST
    assert [policy.policy_name for policy in role.attached_policies] == ["managed-0", "managed-1", "managed-2"]
    assert {policy.policy_name: policy.document for policy in role.inline_policies} == {
        "inline-0": INLINE,
        "inline-1": INLINE,
        "inline-2": INLINE,
    }
    assert (role.description, role.max_session_seconds, role.path) == ("Ships it", 7200, "/")
    assert [(tag.key, tag.value) for tag in role.tags] == [("team", "a")]
    assert (role.permissions_boundary_arn, role.last_used_at) == (None, None)
    assert not aws.gaps


def test_policies_that_may_not_be_read_are_a_gap(make_aws: MakeAws, account: None, failing: Failing) -> None:
    aws = make_aws(script=failing("AccessDenied", "ListRolePolicies"))
    role = describe_iam_role(aws, "Deploy")
    assert role.inline_policies == ()
    assert len(role.attached_policies) == 3
    assert [(gap.code, gap.resource) for gap in aws.gaps] == [("aws_access_denied", "Deploy")]


def test_an_unknown_role_is_answered_with_similar_names(make_aws: MakeAws, account: None) -> None:
    with pytest.raises(NotFound, match=r"no role 'deploy'; did you mean Deploy\?") as raised:
        describe_iam_role(make_aws(), "deploy")
    assert raised.value.code == "role_not_found"


def test_an_unknown_role_is_still_not_found_where_roles_may_not_be_listed(make_aws: MakeAws, failing: Failing) -> None:
    with pytest.raises(NotFound, match=r"^there is no role 'nobody'$"):
        describe_iam_role(make_aws(script=failing("AccessDenied", "ListRoles")), "nobody")


def test_an_arn_is_not_a_role_name(make_aws: MakeAws) -> None:
    with pytest.raises(InvalidArguments, match="role_name"):
        toolbox["describe_iam_role"].call(make_aws(), {"role_name": "arn:aws:iam::123456789012:role/x"})
