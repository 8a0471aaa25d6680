"""Who makes something with tags needs the service's action that sets tags too, as AWS demands it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.iam.resources import resources
from sandbox.aws.iam.tag_permissions import tag_permissions
from sandbox.aws.protocol.calls import Call

ACCOUNT = "111122223333"
TAGS = [{"Key": "team", "Value": "web"}]
VOLUME = [{"ResourceType": "volume", "Tags": TAGS}]
LISTENER = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:loadbalancer/app/a/1"


def needed(prefix: str, operation: str, **params: Any) -> list[tuple[str, str]]:
    call = Call(prefix, prefix, operation, "json", "eu-west-1", "POST", "/", params)
    found = tag_permissions(call, resources(call, ACCOUNT), ACCOUNT)
    return [(action, arn.replace(f"arn:aws:{prefix}:eu-west-1:{ACCOUNT}:", "")) for action, arn in found]


@pytest.mark.parametrize(
    ("called", "params", "expected"),
    [
        ("sqs:CreateQueue", {"QueueName": "q", "tags": {"a": "b"}}, ("sqs:TagQueue", "q")),
        ("lambda:CreateFunction", {"FunctionName": "f", "Tags": {"a": "b"}}, ("lambda:TagResource", "function:f")),
        ("logs:CreateLogGroup", {"logGroupName": "g", "tags": {"a": "b"}}, ("logs:TagResource", "log-group:g")),
        ("dynamodb:CreateTable", {"TableName": "t", "Tags": TAGS}, ("dynamodb:TagResource", "table/t")),
        ("rds:CreateDBInstance", {"DBInstanceIdentifier": "d", "Tags": TAGS}, ("rds:AddTagsToResource", "db:d")),
        ("kinesis:CreateStream", {"StreamName": "s", "Tags": {"a": "b"}}, ("kinesis:AddTagsToStream", "stream/s")),
        ("kms:CreateKey", {"Tags": TAGS}, ("kms:TagResource", "key/*")),
        ("cloudtrail:CreateTrail", {"Name": "t", "TagsList": TAGS}, ("cloudtrail:AddTags", "trail/t")),
        ("ssm:PutParameter", {"Name": "/a", "Tags": TAGS}, ("ssm:AddTagsToResource", "parameter/a")),
        ("events:PutRule", {"Name": "r", "Tags": TAGS}, ("events:TagResource", "rule/r")),
        ("ecs:CreateService", {"serviceName": "s", "tags": TAGS}, ("ecs:TagResource", "service/default/s")),
        (
            "elasticloadbalancing:CreateListener",
            {"LoadBalancerArn": LISTENER, "Tags": TAGS},
            ("elasticloadbalancing:AddTags", "listener/app/a/1/*"),
        ),
        ("ec2:CreateVolume", {"TagSpecifications": VOLUME}, ("ec2:CreateTags", "volume/*")),
    ],
)
def test_a_call_that_makes_something_with_tags_needs_the_action_that_sets_them(
    called: str, params: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert needed(*called.split(":"), **params) == [expected]


@pytest.mark.parametrize(
    ("called", "params"),
    [
        ("sqs:CreateQueue", {"QueueName": "q"}),
        ("sqs:CreateQueue", {"QueueName": "q", "tags": {}}),
        ("sqs:TagQueue", {"QueueUrl": "https://x/1/q", "Tags": {"a": "b"}}),
        ("redshift:CreateTags", {"ResourceName": "arn:aws:redshift:::x", "Tags": TAGS}),
        ("codebuild:CreateProject", {"name": "p", "tags": TAGS}),
        ("ec2:CreateVolume", {"TagSpecifications": [{"ResourceType": "volume", "Tags": []}]}),
    ],
)
def test_without_new_tags_nothing_more_is_needed(called: str, params: dict[str, Any]) -> None:
    assert needed(*called.split(":"), **params) == []


def test_who_may_make_a_queue_and_not_tag_it_makes_it_without_tags_only(aws: Any) -> None:
    keys = aws.new_user("makes-queues", {"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "*"})
    sqs = aws.client("sqs", keys)
    with pytest.raises(ClientError, match=r"sqs:[Tt]ag[Qq]ueue") as raised:
        sqs.create_queue(QueueName="with-tags", tags={"team": "web"})
    assert "AccessDenied" in raised.value.response["Error"]["Code"]
    assert sqs.create_queue(QueueName="without-tags")["QueueUrl"]


def test_a_policy_may_bind_the_tags_of_what_is_made(aws: Any) -> None:
    tagged = {"StringEquals": {"aws:RequestTag/team": "web", "aws:RequestedRegion": "us-east-1"}}
    allowed = {
        "Effect": "Allow",
        "Action": ["ec2:CreateVolume", "ec2:CreateTags"],
        "Resource": "*",
        "Condition": tagged,
    }
    ec2 = aws.client("ec2", aws.new_user("tags-volumes", allowed))
    place: dict[str, Any] = {"AvailabilityZone": "us-east-1a", "Size": 1}
    with pytest.raises(ClientError, match=r"UnauthorizedOperation|AccessDenied"):
        ec2.create_volume(**place)
    assert ec2.create_volume(**place, TagSpecifications=VOLUME)["VolumeId"]
