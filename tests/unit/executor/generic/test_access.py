"""Changes of permissions are recognised by operation and parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.executor.generic.access import access_change
from services.executor.generic.change import read_change

ACCOUNT = "123456789012"
OTHER = "999988887777"
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [OPEN]})
TOPIC = "arn:aws:sns:eu-west-1:123456789012:topic"
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def found(service: str, operation: str, **parameters: Any) -> Any:
    return access_change(read_change(service, operation, parameters, "eu-west-1", "aws"), ACCOUNT)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "codes"),
    [
        ("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": "sg-1", "IpPermissions": [SSH]}, ["open_to_world"]),
        ("ec2", "RevokeSecurityGroupIngress", {"GroupId": "sg-1", "IpPermissions": [SSH]}, []),
        ("ec2", "ModifyImageAttribute", {"ImageId": "ami-1", "LaunchPermission": {"Add": [{"Group": "all"}]}},
         ["public_access"]),
        ("ec2", "ModifySnapshotAttribute", {"SnapshotId": "snap-1", "OperationType": "add", "UserIds": [OTHER]},
         ["shared_with_others"]),
        ("rds", "ModifyDBSnapshotAttribute",
         {"DBSnapshotIdentifier": "s", "AttributeName": "restore", "ValuesToAdd": ["all"]}, ["public_access"]),
        ("rds", "ModifyDBInstance", {"DBInstanceIdentifier": "d", "PubliclyAccessible": True}, ["public_access"]),
        ("lambda", "AddPermission",
         {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"},
         ["public_access"]),
        ("lambda", "AddPermission",
         {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"},
         ["shared_with_others"]),
        ("lambda", "CreateFunctionUrlConfig", {"FunctionName": "f", "AuthType": "NONE"}, ["no_authentication"]),
        ("s3", "PutBucketAcl", {"Bucket": "b", "ACL": "public-read"}, ["public_access"]),
        ("s3", "DeletePublicAccessBlock", {"Bucket": "b"}, ["protection_removed"]),
        ("s3", "PutPublicAccessBlock", {"Bucket": "b", "PublicAccessBlockConfiguration": {}}, ["protection_removed"]),
        ("iam", "CreateAccessKey", {"UserName": "u"}, ["creates_credentials"]),
        ("kms", "CreateGrant",
         {"KeyId": "k", "GranteePrincipal": f"arn:aws:iam::{OTHER}:root", "Operations": ["Decrypt"]},
         ["shared_with_others"]),
        ("cloudformation", "CreateStack", {"StackName": "s", "TemplateBody": "{}"}, ["template_not_checked"]),
    ],
)  # fmt: skip
def test_what_lets_others_in_has_a_finding(
    service: str, operation: str, parameters: dict[str, Any], codes: list[str]
) -> None:
    change = found(service, operation, **parameters)
    assert change.changes
    assert [one.code for one in change.findings] == codes


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "kind"),
    [
        ("s3", "PutBucketPolicy", {"Bucket": "b", "Policy": POLICY}, "resource"),
        ("sqs", "SetQueueAttributes", {"QueueUrl": "https://q", "Attributes": {"Policy": POLICY}}, "resource"),
        ("sns", "SetTopicAttributes",
         {"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": POLICY}, "resource"),
        ("ecr", "SetRepositoryPolicy", {"repositoryName": "app", "policyText": POLICY}, "resource"),
        ("iam", "PutUserPolicy", {"UserName": "u", "PolicyName": "p", "PolicyDocument": POLICY}, "identity"),
        ("iam", "UpdateAssumeRolePolicy", {"RoleName": "r", "PolicyDocument": POLICY}, "trust"),
    ],
)  # fmt: skip
def test_a_policy_is_found_wherever_it_stands(
    service: str, operation: str, parameters: dict[str, Any], kind: str
) -> None:
    change = found(service, operation, **parameters)
    assert change.changes
    [policy] = change.policies
    assert (policy["kind"], policy["document"]["Statement"]) == (kind, [OPEN])


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("ec2", "StopInstances", {"InstanceIds": ["i-12345678"]}),
        ("cloudwatch", "PutMetricData", {"Namespace": "n"}),
        ("lambda", "Invoke", {"FunctionName": "f"}),
    ],
)
def test_what_changes_no_permissions_is_none(service: str, operation: str, parameters: dict[str, Any]) -> None:
    assert not found(service, operation, **parameters).changes
