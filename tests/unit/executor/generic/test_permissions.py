"""The IAM actions of a call, each on the narrowest resource that its parameters tell."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.generic.permissions import permissions_of
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN

HERE = Location("aws", "111122223333", "eu-west-1")
EC2 = "arn:aws:ec2:eu-west-1:111122223333"
IAM = "arn:aws:iam::111122223333"
OF = "eu-west-1:111122223333"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "resources"),
    [
        ("ec2", "StopInstances", {"InstanceIds": ["i-12345678", "i-87654321"]},
         [f"{EC2}:instance/i-12345678", f"{EC2}:instance/i-87654321"]),
        ("ec2", "AttachVolume", {"VolumeId": "vol-12345678", "InstanceId": "i-12345678", "Device": "/dev/sdf"},
         [f"{EC2}:instance/i-12345678", f"{EC2}:volume/vol-12345678"]),
        ("ec2", "CreateSnapshot", {"VolumeId": "vol-12345678"},
         ["arn:aws:ec2:eu-west-1::snapshot/*", f"{EC2}:volume/vol-12345678"]),
        ("s3", "PutObject", {"Bucket": "b", "Key": "a/b"}, ["arn:aws:s3:::b/a/b"]),
        ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "from/key"},
         ["arn:aws:s3:::from/key", "arn:aws:s3:::b/k"]),
        ("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "live"},
         [f"arn:aws:lambda:{OF}:function:f", f"arn:aws:lambda:{OF}:function:f:live"]),
        ("sqs", "PurgeQueue", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q"},
         [f"arn:aws:sqs:{OF}:q"]),
        ("kms", "CreateAlias", {"AliasName": "alias/a", "TargetKeyId": "abc"},
         [f"arn:aws:kms:{OF}:alias/a", f"arn:aws:kms:{OF}:key/abc"]),
        ("kms", "DisableKey", {"KeyId": "alias/a"}, [f"arn:aws:kms:{OF}:key/*"]),
        ("events", "DisableRule", {"Name": "nightly"}, [f"arn:aws:events:{OF}:rule/nightly"]),
        ("rds", "AddTagsToResource", {"ResourceName": f"arn:aws:rds:{OF}:db:d"}, [f"arn:aws:rds:{OF}:db:d"]),
        ("iam", "AddUserToGroup", {"UserName": "u", "GroupName": "g"}, [f"{IAM}:group/g", f"{IAM}:group/*/g"]),
        ("cloudwatch", "PutMetricData", {"Namespace": "n"}, ["*"]),
        ("s3", "PutBucketPolicy", {"Bucket": UNKNOWN, "Policy": "{}"}, ["arn:aws:s3:::*"]),
    ],
)  # fmt: skip
def test_resources_are_as_narrow_as_the_parameters(
    service: str, operation: str, parameters: dict[str, Any], resources: list[str]
) -> None:
    assert [arn for _, arn in permissions_of(service, operation, parameters, HERE)] == resources


def test_a_role_that_is_handed_on_is_passed() -> None:
    role = f"{IAM}:role/worker"
    parameters = {"FunctionName": "f", "Role": role}
    assert ("iam:PassRole", role) in permissions_of("lambda", "UpdateFunctionConfiguration", parameters, HERE)


def test_a_role_that_is_only_named_is_not_passed() -> None:
    trail = {"GroupName": "g", "UserName": f"{IAM}:role/worker"}
    assert "iam:PassRole" not in {action for action, _ in permissions_of("iam", "AddUserToGroup", trail, HERE)}
