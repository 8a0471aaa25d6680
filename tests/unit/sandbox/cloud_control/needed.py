"""What the samples of resources need to be there before them."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.unit.sandbox.cloud_control.conftest import REGION, Control
from tests.unit.sandbox.cloud_control.samples import TRUST


def needed_by_samples(aws: Any) -> dict[str, str]:
    """Make a network, roles, keys and more in a double, once; returns the names that samples have for them."""
    ec2, iam, kms = aws.admin("ec2", REGION), aws.admin("iam"), aws.admin("kms", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for number, zone in enumerate("ab")
    ]
    for name in ("needed-role", "needed-role-2"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    bucket = "needed-by-round-trips"
    place = {"LocationConstraint": REGION}
    aws.admin("s3", REGION).create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    gateways = [ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in range(2)]
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("one", "two")
    ]
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    attached = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    other = ec2.create_vpc(CidrBlock="10.79.0.0/16")["Vpc"]["VpcId"]
    ec2.attach_internet_gateway(InternetGatewayId=attached, VpcId=other)
    subnet_ids = [one["SubnetId"] for one in subnets]
    balancer = aws.admin("elbv2", REGION).create_load_balancer(Name="needed", Subnets=subnet_ids)["LoadBalancers"][0]
    aws.admin("logs", REGION).create_log_group(logGroupName="needed")
    queue = aws.admin("sqs", REGION)
    url = queue.create_queue(QueueName="needed")["QueueUrl"]
    account = aws.admin("sts").get_caller_identity()["Account"]
    control = Control(aws.admin("cloudcontrol", REGION), aws.endpoint)
    code = {"ZipFile": "def handler(event, context):\n    return 1\n"}
    role = f"arn:aws:iam::{account}:role/needed-role"
    function = {
        "FunctionName": "needed",
        "Code": code,
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": role,
    }
    while control.create("AWS::Lambda::Function", function)["OperationStatus"] != "SUCCESS":
        time.sleep(0.1)  # the role is new
    return {
        "vpc": vpc,
        "subnet": min(one["SubnetId"] for one in subnets),
        "subnet2": max(one["SubnetId"] for one in subnets),
        "role": "needed-role",
        "role2": "needed-role-2",
        "role_arn": f"arn:aws:iam::{account}:role/needed-role",
        "root": f"arn:aws:iam::{account}:root",
        "bucket": bucket,
        "objects": f"arn:aws:s3:::{bucket}/*",
        "gateway": gateways[0],
        "gateway2": gateways[1],
        "table": table,
        "attached": attached,
        "balancer": balancer["LoadBalancerArn"],
        "group": groups[0],
        "group2": groups[1],
        "key": keys[0],
        "key2": keys[1],
        "image": ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"],
        "address": ec2.allocate_address(Domain="vpc")["AllocationId"],
        "topic": aws.admin("sns", REGION).create_topic(Name="needed")["TopicArn"],
        "queue": queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"],
    }
