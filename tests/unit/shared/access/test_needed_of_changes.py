"""The IAM actions of a call that changes something, each on the narrowest resource that its parameters tell."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from shared.access.arn_forms import Place
from shared.access.needed import permissions_of
from shared.aws_operations.catalogue import operations, services
from shared.aws_operations.models import Operation
from shared.errors import InvalidArguments

HERE = Place("aws", "111122223333", "eu-west-1")
UNKNOWN = "known-after-another-step"
EC2 = "arn:aws:ec2:eu-west-1:111122223333"
IAM = "arn:aws:iam::111122223333"
OF = "eu-west-1:111122223333"
POINT = f"arn:aws:s3:{OF}:accesspoint/ap"


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
        ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": f"{POINT}/object/a/b?versionId=1"},
         [f"{POINT}/object/a/b", "arn:aws:s3:::b/k"]),
        ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": {"Bucket": POINT, "Key": "a/b"}},
         [f"{POINT}/object/a/b", "arn:aws:s3:::b/k"]),
        ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": f"{POINT}/object/{UNKNOWN}"},
         ["arn:aws:s3:::*", "arn:aws:s3:::b/k"]),
        ("s3", "PutObject", {"Bucket": POINT, "Key": "a/b"}, [f"{POINT}/object/a/b"]),
        ("s3", "PutObject", {"Bucket": POINT, "Key": UNKNOWN}, [f"{POINT}/object/*"]),
        ("s3", "DeleteObjects", {"Bucket": POINT, "Delete": {"Objects": [{"Key": "k"}]}}, [f"{POINT}/object/*"]),
        ("lambda", "Invoke", {"FunctionName": "f:live"},
         [f"arn:aws:lambda:{OF}:function:f", f"arn:aws:lambda:{OF}:function:f:live"]),
        ("lambda", "Invoke", {"FunctionName": "111122223333:f"}, [f"arn:aws:lambda:{OF}:function:f"]),
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
        ("apigateway", "DeleteRestApi", {"restApiId": "abc"}, ["arn:aws:apigateway:eu-west-1::/restapis/abc"]),
        ("apigateway", "DeleteMethod", {"restApiId": "abc", "resourceId": UNKNOWN, "httpMethod": "GET"},
         ["arn:aws:apigateway:eu-west-1::/restapis/abc/resources/*/methods/GET"]),
        ("apigateway", "CreateDomainName", {"domainName": "*.example.com"},
         ["arn:aws:apigateway:eu-west-1::/domainnames"]),
        ("apigateway", "TagResource", {"resourceArn": "arn:aws:apigateway:eu-west-1::/restapis/abc", "tags": {}},
         ["arn:aws:apigateway:eu-west-1::/tags/*"]),
        ("apigatewayv2", "DeleteApi", {"ApiId": "abc"}, ["arn:aws:apigateway:eu-west-1::/apis/abc"]),
        ("cloudwatch", "PutMetricData", {"Namespace": "n"}, ["*"]),
        ("s3", "PutBucketPolicy", {"Bucket": UNKNOWN, "Policy": "{}"}, ["arn:aws:s3:::*"]),
        ("sns", "Publish", {"TopicArn": f"arn:aws:sns:{OF}:{UNKNOWN}", "Message": "m"}, [f"arn:aws:sns:{OF}:*"]),
    ],
)  # fmt: skip
def test_resources_are_as_narrow_as_the_parameters(
    service: str, operation: str, parameters: dict[str, Any], resources: list[str]
) -> None:
    assert [arn for _, arn in permissions_of(service, operation, parameters, HERE, UNKNOWN)] == resources


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("iam", "DeleteUser", {"UserName": "*"}),
        ("s3", "DeleteObject", {"Bucket": "b", "Key": "a?"}),
        ("s3", "DeleteObject", {"Bucket": "b", "Key": "${aws:username}/a"}),
        ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "from/*"}),
        ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": f"{POINT}/object/*"}),
        ("s3", "PutObject", {"Bucket": POINT, "Key": "*"}),
        ("s3", "PutObject", {"Bucket": POINT + "*", "Key": "k"}),
        ("lambda", "Invoke", {"FunctionName": "f:*"}),
        ("sqs", "PurgeQueue", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/*"}),
        ("sns", "Publish", {"TopicArn": f"arn:aws:sns:{OF}:*", "Message": "m"}),
        ("logs", "DeleteLogGroup", {"logGroupName": "/aws/*"}),
        ("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "*"}),
        ("ecs", "RunTask", {"cluster": "c", "taskDefinition": "*:1"}),
        ("apigateway", "DeleteRestApi", {"restApiId": "*"}),
        ("iam", "AddRoleToInstanceProfile", {"RoleName": "*", "InstanceProfileName": "p"}),
    ],
)
def test_a_name_never_stands_for_others(service: str, operation: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments) as refused:
        permissions_of(service, operation, parameters, HERE, UNKNOWN)
    assert refused.value.code == "unnameable_resource"


def test_no_argument_of_any_change_gets_into_a_policy_as_a_pattern() -> None:
    hostile = itertools.cycle(("zq*zq", "zq?", "${zq}", "arn:aws:s3:::zq*", f"arn:aws:sns:{OF}:zq?", "*", "*"))
    for number, found in enumerate(every_change()):
        name = next(hostile)
        arguments: dict[str, Any] = {one.name: name for one in found.arguments}
        if number % 2:
            arguments = {"Items": [arguments]}
        try:
            needs = permissions_of(found.service, found.name, arguments, HERE, UNKNOWN)
        except InvalidArguments:
            continue
        assert not [need for need in needs if "zq" in need[1]], found.name
        patterns = {need for need in needs if "*" in need[1]}
        if patterns:
            nothing = (UNKNOWN, "arn:aws:none:eu-west-1:111122223333:zq")
            assert patterns <= {
                *of(found, {}),
                *(one for v in nothing for one in of(found, dict.fromkeys(arguments, v))),
            }


def of(found: Operation, arguments: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return permissions_of(found.service, found.name, arguments, HERE, UNKNOWN)


def test_every_change_has_permissions() -> None:
    for found in every_change():
        for _, arn in permissions_of(found.service, found.name, {"Name": "x", "Id": "y"}, HERE, UNKNOWN):
            assert arn == "*" or re.fullmatch(r"arn:\S+", arn), (found.name, arn)


def every_change() -> Iterator[Operation]:
    for service in services():
        for found in operations(service).values():
            if found.effect.is_change and found.actions:
                yield found


def test_a_role_that_is_handed_on_is_passed() -> None:
    role = f"{IAM}:role/worker"
    parameters = {"FunctionName": "f", "Role": role}
    assert ("iam:PassRole", role) in permissions_of("lambda", "UpdateFunctionConfiguration", parameters, HERE, UNKNOWN)


def test_a_role_that_is_only_named_is_not_passed() -> None:
    trail = {"GroupName": "g", "UserName": f"{IAM}:role/worker"}
    assert "iam:PassRole" not in {action for action, _ in permissions_of("iam", "AddUserToGroup", trail, HERE, UNKNOWN)}
