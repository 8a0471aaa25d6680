"""The ARNs that IAM matches policies with, as the service authorization reference has them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.aws.iam.resources import resources
from sandbox.aws.protocol.calls import Call

ACCOUNT = "111122223333"


def about(prefix: str, operation: str, **params: Any) -> list[str]:
    call = Call(prefix, prefix, operation, "json", "eu-west-1", "POST", "/", params)
    return [one.replace(f"arn:aws:{prefix}:eu-west-1:{ACCOUNT}:", "") for one in resources(call, ACCOUNT)]


@pytest.mark.parametrize(
    ("prefix", "operation", "params", "expected"),
    [
        ("kinesis", "CreateStream", {"StreamName": "a"}, ["stream/a"]),
        ("kinesis", "ListStreams", {}, ["*"]),
        ("ecr", "DescribeRepositories", {"repositoryNames": ["a", "b"]}, ["repository/a", "repository/b"]),
        ("ecr", "DescribeRepositories", {}, ["repository/*"]),
        ("ecs", "DescribeClusters", {"clusters": ["a"]}, ["cluster/a"]),
        ("states", "CreateStateMachine", {"name": "a"}, ["stateMachine:a"]),
        ("rds", "CreateDBInstance", {"DBInstanceIdentifier": "a", "DBSubnetGroupName": "g"}, ["db:a"]),
        ("rds", "DescribeDBInstances", {}, ["db:*"]),
        ("kms", "CreateAlias", {"AliasName": "alias/a", "TargetKeyId": "k"}, ["alias/a", "key/k"]),
        ("events", "PutRule", {"Name": "a"}, ["rule/a"]),
        ("events", "PutTargets", {"Rule": "a", "EventBusName": "b"}, ["rule/b/a"]),
        ("cloudwatch", "DeleteAlarms", {"AlarmNames": ["a", "b"]}, ["alarm:a", "alarm:b"]),
        ("ssm", "GetParameters", {"Names": ["/a/b", "c"]}, ["parameter/a/b", "parameter/c"]),
        ("elasticloadbalancing", "CreateLoadBalancer", {"Name": "a"}, ["loadbalancer/app/a/*"]),
        ("elasticloadbalancing", "DescribeTags", {"ResourceArns": ["arn:aws:x"]}, ["*"]),
        ("elasticloadbalancing", "DeleteListener", {"ListenerArn": "arn:aws:l"}, ["arn:aws:l"]),
        ("lambda", "GetEventSourceMapping", {"UUID": "u"}, ["event-source-mapping:u"]),
        ("cloudtrail", "GetTrail", {"Name": "a"}, ["trail/a"]),
        ("logs", "CreateLogGroup", {"logGroupName": "a"}, ["log-group:a:*"]),
        ("ec2", "CreateVpc", {}, ["vpc/*"]),
        ("ec2", "CreateSubnet", {"VpcId": "vpc-1"}, ["subnet/*", "vpc/vpc-1"]),
        ("ec2", "CreateTags", {"Resources": ["vol-1", "i-2"]}, ["volume/vol-1", "instance/i-2"]),
        ("ec2", "DescribeVpcs", {"VpcIds": ["vpc-1"]}, ["*"]),
        ("ec2", "DescribeVpcAttribute", {"VpcId": "vpc-1"}, ["vpc/vpc-1"]),
        ("ec2", "TerminateInstances", {"InstanceIds": ["i-1", "i-2"]}, ["instance/i-1", "instance/i-2"]),
        (
            "ec2",
            "RunInstances",
            {"ImageId": "ami-1", "SubnetId": "subnet-1", "KeyName": "k"},
            [
                "instance/*", "network-interface/*", "volume/*", "subnet/subnet-1", "key-pair/k",
                "arn:aws:ec2:eu-west-1::image/ami-1",
            ],
        ),
    ],
)  # fmt: skip
def test_a_call_is_about_the_resources_that_it_names(
    prefix: str, operation: str, params: dict[str, Any], expected: list[str]
) -> None:
    assert about(prefix, operation, **params) == expected


def test_arns_without_region_or_of_another_resource_are_as_they_are() -> None:
    assert about("route53", "GetHostedZone", Id="/hostedzone/Z1") == ["arn:aws:route53:::hostedzone/Z1"]
    topic = f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts"
    assert about("sns", "Unsubscribe", SubscriptionArn=f"{topic}:8d1f") == ["alerts"]
    assert about("sqs", "DeleteQueue", QueueUrl=f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs") == ["jobs"]


def test_joining_a_group_is_about_the_group_and_passing_a_profile_about_the_profile(aws: Any) -> None:
    allowed = {"Effect": "Allow", "Action": "iam:*", "Resource": [f"arn:aws:iam::{ACCOUNT}:group/*"]}
    keys = aws.new_user("joins-groups", allowed)
    aws.client("iam", keys).add_user_to_group(GroupName="developers", UserName="joins-groups")
    members = aws.admin("iam").get_group(GroupName="developers")["Users"]
    assert "joins-groups" in [one["UserName"] for one in members]
