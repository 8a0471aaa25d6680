"""What steps on resources and calls cost, read from the sandbox's price list by the executor's own tools."""

from __future__ import annotations

from typing import Any

import pytest

from shared.plans.step import Cost, ProposedStep
from tests.integration.resources.conftest import REGION, Cloud, step

VOLUME = "AWS::EC2::Volume"


@pytest.fixture(autouse=True)
def patient(cloud: Cloud) -> None:
    """Time enough for a busy machine."""
    cloud.settings = cloud.settings.model_copy(update={"price_seconds": 60})


def creating(id: str, type_name: str, **properties: Any) -> ProposedStep:
    return step("create_aws_resource", id, type_name=type_name, properties=properties, region=REGION)


def costs(cloud: Cloud, *steps: ProposedStep) -> dict[str, Cost]:
    return {one.id: one.cost for one in cloud.prepare(*steps).steps}


def test_each_type_has_the_price_of_its_products(cloud: Cloud) -> None:
    ec2 = cloud.admin("ec2")
    linux = next(one["ImageId"] for one in ec2.describe_images()["Images"] if one["PlatformDetails"] == "Linux/UNIX")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]]
    database = {"DBInstanceIdentifier": "priced", "MasterUsername": "owner", "ManageMasterUserPassword": True}
    attribute = {"AttributeName": "id", "AttributeType": "S"}
    found = costs(
        cloud,
        creating("instance", "AWS::EC2::Instance", InstanceType="t3.small", ImageId=linux, SubnetId=subnets[0]),
        creating("volume", VOLUME, Size=100, VolumeType="gp3", Iops=4000, AvailabilityZone=f"{REGION}a"),
        creating("gateway", "AWS::EC2::NatGateway", SubnetId=subnets[0], ConnectivityType="private"),
        creating("address", "AWS::EC2::EIP"),
        creating("balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", Name="priced", Subnets=subnets[:2]),
        creating(
            "database", "AWS::RDS::DBInstance", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage="20",
            StorageType="gp3", **database,
        ),
        creating(
            "table", "AWS::DynamoDB::Table", TableName="priced", AttributeDefinitions=[attribute],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        ),
        creating("network", "AWS::EC2::VPC", CidrBlock="10.9.0.0/16"),
        creating("queue", "AWS::SQS::Queue", QueueName="priced"),
        step("create_s3_bucket", "bucket", bucket_name="priced-bucket", region=REGION),
    )  # fmt: skip
    instance = found.pop("instance")
    hours, *volumes = [part for part in instance.parts if part.quantity is not None]
    assert (hours.what, hours.amount) == ("instance t3.small, Linux/UNIX, on demand", "14.60")
    assert volumes
    assert {name: cost.amount for name, cost in found.items()} == {
        "volume": "20.00", "gateway": "36.50", "address": "3.65", "balancer": "14.60", "database": "16.60",
        "table": "0.00", "network": "0.00", "queue": None, "bucket": "0.00",
    }  # fmt: skip
    assert found["queue"].note == "The prices of AWS::SQS::Queue are not known here."
    by_use = {name: len([part for part in cost.parts if part.quantity is None]) for name, cost in found.items()}
    assert by_use == {
        "volume": 0, "gateway": 1, "address": 0, "balancer": 2, "database": 1, "table": 3, "network": 0, "queue": 0,
        "bucket": 3,
    }  # fmt: skip
    assert not any("not found" in cost.note for cost in found.values())


def test_a_volume_that_grows_costs_the_difference_and_one_that_goes_costs_less(cloud: Cloud) -> None:
    ec2 = cloud.admin("ec2")
    zone = f"{REGION}a"
    made = ec2.create_volume(Size=10, VolumeType="gp2", AvailabilityZone=zone)["VolumeId"]
    grown = step("update_aws_resource", "grown", type_name=VOLUME, identifier=made, changes={"Size": 30}, region=REGION)
    [cost] = costs(cloud, grown).values()
    assert [(part.amount, part.ends) for part in cost.parts] == [("3.00", False), ("1.00", True)]
    assert cost.amount == "2.00"
    tags = {"Tags": [{"Key": "team", "Value": "data"}]}
    tagged = step("update_aws_resource", "tagged", type_name=VOLUME, identifier=made, changes=tags, region=REGION)
    [cost] = costs(cloud, tagged).values()
    assert (cost.amount, cost.note) == ("0.00", "What is known of its price does not change.")
    [cost] = costs(
        cloud, step("delete_aws_resource", "gone", type_name=VOLUME, identifier=made, region=REGION)
    ).values()
    assert cost.amount == "-1.00"


def test_an_instance_that_is_started_costs_its_hours(cloud: Cloud) -> None:
    ec2 = cloud.admin("ec2")
    windows = next(one["ImageId"] for one in ec2.describe_images()["Images"] if one.get("Platform") == "windows")
    [made] = ec2.run_instances(ImageId=windows, MinCount=1, MaxCount=1, InstanceType="m5.large")["Instances"]
    ec2.stop_instances(InstanceIds=[made["InstanceId"]])
    arguments = {"service": "ec2", "operation": "StartInstances", "parameters": {"InstanceIds": [made["InstanceId"]]}}
    start = ProposedStep(id="start", operation="change_aws", arguments={**arguments, "region": REGION})
    [cost] = costs(cloud, start).values()
    assert (cost.amount, cost.parts[0].what) == ("146.00", "instance m5.large, Windows, on demand")
