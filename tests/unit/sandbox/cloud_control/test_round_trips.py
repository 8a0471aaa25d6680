"""Every type's handler makes, reads, changes, lists and deletes, with no more permissions than the schema's."""

from __future__ import annotations

import json
import pkgutil
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.cloud_control import handlers
from sandbox.aws.cloud_control.handler import handled_types
from sandbox.aws.cloud_control.schemas import resource_type, values
from tests.unit.sandbox.cloud_control.conftest import Control
from tests.unit.sandbox.cloud_control.samples import OTHER_TAGS, SAMPLES, TAGS, TRUST, Sample

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def there(aws: Any) -> dict[str, str]:
    """What resources need to be there: a network, roles, keys and more, by the names that samples have for them."""
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


def allowed_by_schema(type_name: str, handler: str, sample: Sample) -> dict[str, Any]:
    """What the schema says that a handler needs, and reading: with that alone each has to do."""
    kind = resource_type(type_name)
    assert kind is not None
    actions = {*kind.permissions["read"], *kind.permissions.get(handler, ()), *sample.lacking}
    asked = [f"cloudformation:{name}" for name in (f"{handler.title()}Resource*", "GetResource*")]
    return {"Effect": "Allow", "Action": sorted(actions) + asked, "Resource": "*"}


@pytest.mark.parametrize("type_name", sorted(SAMPLES))
def test_a_resource_is_made_read_changed_listed_and_deleted_with_what_its_schema_permits(
    type_name: str, aws: Any, control_of: Any, there: dict[str, str]
) -> None:
    sample, kind = SAMPLES[type_name], resource_type(type_name)
    assert kind is not None
    user = f"rt-{type_name.replace('::', '-')}"
    creator, updater, deleter, lister = (
        control_of(aws.new_user(f"{user}-{handler}", allowed_by_schema(type_name, handler, sample)))
        for handler in ("create", "update", "delete", "list")
    )
    desired, changed = sample.filled(there)

    identifier = creator.made(type_name, {**desired, **sample.with_tags(TAGS)})
    first = creator.get(type_name, identifier)
    hidden = {pointer[0] for pointer in kind.write_only}
    for name, value in {**desired, **sample.with_tags(TAGS)}.items():
        assert name in hidden or first[name] == value, name
    assert not [pointer for pointer in kind.write_only if list(values(first, pointer))]
    assert set(first) <= set(kind.schema["properties"])
    assert {name: str(first[name]) for name in kind.identifier} == dict(
        zip(kind.identifier, identifier.split("|"), strict=True)
    )
    narrowed = {name: first[name] for name in (*kind.lists_by, *sample.listed_by)}
    assert identifier in lister.listed(type_name, narrowed)

    if "update" in kind.permissions:
        wanted = {**changed, **sample.with_tags(OTHER_TAGS)}
        patch = [{"op": "test", "path": f"/{name}", "value": first[name]} for name in wanted if name in first]
        patch += [{"op": "add", "path": f"/{name}", "value": value} for name, value in wanted.items()]
        event = updater.update(type_name, identifier, *patch)
        assert event["OperationStatus"] == "SUCCESS", event
        second = updater.get(type_name, identifier)
        for name, value in wanted.items():
            order = (
                (lambda item: sorted(item, key=lambda tag: tag["Key"])) if name == sample.tags else (lambda item: item)
            )
            assert name in hidden or (
                second[name] == order(value) if isinstance(value, list) else second[name] == value
            )
        if sample.tags and not sample.map_of_tags:
            event = updater.update(type_name, identifier, {"op": "remove", "path": f"/{sample.tags}"})
            assert event["OperationStatus"] == "SUCCESS", event
            assert sample.tags not in updater.get(type_name, identifier)

    event = deleter.delete(type_name, identifier)
    assert event["OperationStatus"] == "SUCCESS", event
    assert identifier not in lister.listed(type_name, narrowed)
    with pytest.raises(ClientError) as raised:
        deleter.get(type_name, identifier)
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"
    again = deleter.delete(type_name, identifier)
    assert (again["OperationStatus"], again["ErrorCode"]) == ("FAILED", "NotFound")


def test_a_function_is_made_with_a_key_of_its_own(control: Control, there: dict[str, str]) -> None:
    function, account = "AWS::Lambda::Function", there["root"].split(":")[4]
    key = f"arn:aws:kms:{REGION}:{account}:key/{there['key']}"
    desired, _ = SAMPLES[function].filled(there)
    identifier = control.made(function, {**desired, "FunctionName": "with-key", "KmsKeyArn": key})
    assert control.get(function, identifier)["KmsKeyArn"] == key
    assert control.delete(function, identifier)["OperationStatus"] == "SUCCESS"


def test_a_secret_loses_the_key_that_was_its_own(control: Control, there: dict[str, str]) -> None:
    secret, account = "AWS::SecretsManager::Secret", there["root"].split(":")[4]
    key = f"arn:aws:kms:{REGION}:{account}:key/{there['key']}"
    identifier = control.made(secret, {"Name": "with-key", "KmsKeyId": key})
    assert control.get(secret, identifier)["KmsKeyId"] == key
    event = control.update(secret, identifier, {"op": "remove", "path": "/KmsKeyId"})
    assert event["OperationStatus"] == "SUCCESS", event
    assert "KmsKeyId" not in control.get(secret, identifier)
    assert control.delete(secret, identifier)["OperationStatus"] == "SUCCESS"


def test_every_type_that_has_a_handler_is_tried_here() -> None:
    services = [module.name for module in pkgutil.iter_modules(handlers.__path__)]
    assert sorted(handled_types(services)) == sorted(SAMPLES)
    assert len(SAMPLES) >= 40
