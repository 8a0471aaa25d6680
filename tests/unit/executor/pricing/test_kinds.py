"""Of each type it is said what is paid for: how much where the properties tell it, at which price else by use."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.executor.pricing.account import Account
from services.executor.pricing.items import Item, Unpriced
from services.executor.pricing.kinds import FREE, KINDS
from services.executor.registry.operation import UNKNOWN
from shared.resource_types.catalogue import type_names
from tests.unit.executor.pricing.fake_aws import FakeAws, denied

REGION = "eu-west-1"
LINUX = {
    "UsageOperation": "RunInstances",
    "PlatformDetails": "Linux/UNIX",
    "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3"}}],
}


def account(**answers: Any) -> Account:
    aws = FakeAws(answers={"describe_images": {"Images": [LINUX]}, **answers})
    return Account(lambda: aws)


def items(type_name: str, properties: dict[str, Any], **answers: Any) -> list[Item]:
    return list(KINDS[type_name](properties, REGION, account(**answers)))


def told(found: list[Item]) -> list[tuple[str | None, Decimal | None]]:
    return [(item.query.usage_type, item.quantity) for item in found]


def why(type_name: str, properties: dict[str, Any], **answers: Any) -> str:
    with pytest.raises(Unpriced) as reason:
        items(type_name, properties, **answers)
    return str(reason.value)


def test_every_type_with_a_price_is_one_of_aws_and_none_is_both() -> None:
    known = set(type_names())
    assert KINDS.keys() <= known
    assert FREE.keys() <= known
    assert not KINDS.keys() & FREE.keys()
    assert all(cost.amount == "0.00" and (cost.source or "").startswith("https://") for cost in FREE.values())


def test_a_volume_is_its_size_and_what_is_above_what_its_type_has() -> None:
    volume = {"Size": 100, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250}
    assert told(items("AWS::EC2::Volume", volume)) == [
        ("EBS:VolumeUsage.gp3", Decimal(100)),
        ("EBS:VolumeP-IOPS.gp3", Decimal(1000)),
        ("EBS:VolumeP-Throughput.gp3", Decimal(125)),
    ]
    assert told(items("AWS::EC2::Volume", {"Size": 10, "VolumeType": "gp3", "Iops": 3000})) == [
        ("EBS:VolumeUsage.gp3", Decimal(10))
    ]
    assert told(items("AWS::EC2::Volume", {"Size": 10})) == [("EBS:VolumeUsage.gp2", Decimal(10))]


def test_iops_of_io2_are_paid_in_three_tiers() -> None:
    found = items("AWS::EC2::Volume", {"Size": 100, "VolumeType": "io2", "Iops": 70_000})
    assert told(found)[1:] == [
        ("EBS:VolumeP-IOPS.io2", Decimal(32_000)),
        ("EBS:VolumeP-IOPS.io2.tier2", Decimal(32_000)),
        ("EBS:VolumeP-IOPS.io2.tier3", Decimal(6_000)),
    ]
    assert told(items("AWS::EC2::Volume", {"Size": 9, "VolumeType": "io1", "Iops": 100}))[1:] == [
        ("EBS:VolumeP-IOPS.piops", Decimal(100))
    ]


def test_what_a_volume_does_not_say_is_not_guessed() -> None:
    assert "snapshot" in why("AWS::EC2::Volume", {"SnapshotId": "snap-1"})
    assert "Iops" in why("AWS::EC2::Volume", {"Size": 1, "VolumeType": "io1"})
    assert "gp9" in why("AWS::EC2::Volume", {"Size": 1, "VolumeType": "gp9"})
    assert "another step" in why("AWS::EC2::Volume", {"Size": 1, "VolumeType": UNKNOWN})
    assert "no number" in why("AWS::EC2::Volume", {"Size": "large"})
    assert "no amount" in why("AWS::EC2::Volume", {"Size": "NaN"})


def test_an_instance_is_its_hours_and_its_images_volumes() -> None:
    hours, root, address = items("AWS::EC2::Instance", {"InstanceType": "t3.micro", "ImageId": "ami-1"})
    assert hours.quantity == Decimal(730)
    assert dict(hours.query.filters) == {
        "instanceType": "t3.micro", "tenancy": "Shared", "operation": "RunInstances", "capacitystatus": "Used",
    }  # fmt: skip
    assert told([root]) == [("EBS:VolumeUsage.gp3", Decimal(8))]
    assert told([address]) == [("PublicIPv4:InUseAddress", None)]


def test_an_instances_own_volumes_come_over_its_images() -> None:
    devices = [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50}},
        {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 20, "VolumeType": "st1"}},
        {"DeviceName": "/dev/sdc", "VirtualName": "ephemeral0"},
    ]
    properties = {"InstanceType": "t3.micro", "ImageId": "ami-1", "BlockDeviceMappings": devices}
    interface = [{"AssociatePublicIpAddress": False}]
    assert told(items("AWS::EC2::Instance", {**properties, "NetworkInterfaces": interface}))[1:] == [
        ("EBS:VolumeUsage.gp3", Decimal(50)),
        ("EBS:VolumeUsage.st1", Decimal(20)),
    ]
    interface = [{"AssociatePublicIpAddress": True}]
    assert told(items("AWS::EC2::Instance", {**properties, "NetworkInterfaces": interface}))[-1] == (
        "PublicIPv4:InUseAddress", Decimal(730),
    )  # fmt: skip
    none = {**properties, "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "NoDevice": {}}]}
    assert len(items("AWS::EC2::Instance", none)) == 2


def test_an_instance_whose_system_or_price_is_not_known_has_none() -> None:
    kind, asked = "AWS::EC2::Instance", {"InstanceType": "t3.micro", "ImageId": "ami-1"}
    assert "ec2:DescribeImages" in why(kind, asked, describe_images=denied("DescribeImages"))
    assert "not found" in why(kind, asked, describe_images={"Images": []})
    assert "operating system" in why(kind, asked, describe_images={"Images": [{}]})
    marketplace = {**LINUX, "ProductCodes": [{"ProductCodeType": "marketplace"}]}
    assert "Marketplace" in why(kind, asked, describe_images={"Images": [marketplace]})
    assert "dedicated" in why(kind, {**asked, "Tenancy": "dedicated"})
    assert "launch template" in why(kind, {**asked, "LaunchTemplate": {"LaunchTemplateId": "lt-1"}})
    assert "host" in why(kind, {**asked, "HostId": "h-1"})
    assert "InstanceType" in why(kind, {"ImageId": "ami-1"})
    assert "/dev/sdb" in why(kind, {**asked, "BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "Ebs": {}}]})


def test_a_database_is_its_hours_and_its_storage() -> None:
    asked = {"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": "20", "MultiAZ": True}
    hours, *storage = items("AWS::RDS::DBInstance", asked)
    assert dict(hours.query.filters) == {
        "productFamily": "Database Instance", "instanceType": "db.t3.micro", "databaseEngine": "PostgreSQL",
        "deploymentOption": "Multi-AZ", "licenseModel": "No license required",
    }  # fmt: skip
    assert told(storage)[0] == ("RDS:Multi-AZ-GP3-Storage", Decimal(20))
    assert storage[0].query.prefers == ("databaseEngine", ("PostgreSQL", "Any"))


def test_gp3_of_a_database_has_more_for_nothing_when_it_is_large() -> None:
    asked = {"DBInstanceClass": "db.t3.micro", "Engine": "mysql", "StorageType": "gp3", "Iops": 13_000}
    small = told(items("AWS::RDS::DBInstance", {**asked, "AllocatedStorage": 399}))
    large = told(items("AWS::RDS::DBInstance", {**asked, "AllocatedStorage": 400, "StorageThroughput": 600}))
    assert ("RDS:GP3-PIOPS", Decimal(10_000)) in small
    assert ("RDS:GP3-PIOPS", Decimal(1_000)) in large
    assert ("RDS:GP3-Throughput", Decimal(100)) in large


def test_databases_that_are_paid_otherwise_have_no_price() -> None:
    kind = "AWS::RDS::DBInstance"
    asked = {"DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20}
    assert "cluster" in why(kind, {**asked, "Engine": "aurora-mysql"})
    assert "db2-se" in why(kind, {**asked, "Engine": "db2-se"})
    assert "LicenseModel" in why(kind, {**asked, "Engine": "oracle-se2"})
    assert "AllocatedStorage" in why(kind, {"DBInstanceClass": "db.t3.micro", "Engine": "mysql"})


def test_networks_are_paid_by_the_hour_and_by_what_goes_through() -> None:
    assert told(items("AWS::EC2::NatGateway", {"SubnetId": "subnet-1"})) == [
        ("NatGateway-Hours", Decimal(730)),
        ("NatGateway-Bytes", None),
    ]
    assert told(items("AWS::EC2::EIP", {})) == [("PublicIPv4:IdleAddress", Decimal(730))]
    assert told(items("AWS::EC2::EIP", {"InstanceId": "i-1"})) == [("PublicIPv4:InUseAddress", Decimal(730))]
    assert "pool" in why("AWS::EC2::EIP", {"PublicIpv4Pool": "ipv4pool-ec2-1"})
    assert items("AWS::EC2::VPCEndpoint", {"ServiceName": "s3"}) == []
    endpoint = {"VpcEndpointType": "Interface", "SubnetIds": ["subnet-1", "subnet-2"]}
    assert told(items("AWS::EC2::VPCEndpoint", endpoint))[0] == ("VpcEndpoint-Hours", Decimal(1460))
    assert "regional" in why("AWS::EC2::NatGateway", {"AvailabilityMode": "regional"})


def test_load_balancers_differ_by_their_type() -> None:
    kind = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    application = items(kind, {})
    assert [item.query.usage_type for item in application] == [
        "LoadBalancerUsage", "LCUUsage", "PublicIPv4:InUseAddress",
    ]  # fmt: skip
    assert application[0].query.filters == (("productFamily", "Load Balancer-Application"),)
    network = items(kind, {"Type": "network", "Scheme": "internal"})
    assert network[0].query.filters == (("productFamily", "Load Balancer-Network"),)
    assert len(network) == 2


def test_functions_and_buckets_are_paid_by_use_alone() -> None:
    arm = items("AWS::Lambda::Function", {"Architectures": ["arm64"], "MemorySize": 512})
    assert told(arm) == [("Request-ARM", None), ("Lambda-GB-Second-ARM", None)]
    assert "512 MB" in arm[1].what
    assert [item.quantity for item in items("AWS::S3::Bucket", {"BucketName": "b"})] == [None, None, None]


def test_provisioned_concurrency_is_paid_all_the_time() -> None:
    alias = {"FunctionName": "f", "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2}}
    [found] = items("AWS::Lambda::Alias", alias, get_function_configuration={"MemorySize": 512})
    assert found.quantity == Decimal(730 * 3600)
    assert items("AWS::Lambda::Alias", {"FunctionName": "f"}) == []


def test_tables_are_paid_by_capacity_or_by_requests() -> None:
    index = {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}}
    table = {
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        "GlobalSecondaryIndexes": [index],
    }
    assert told(items("AWS::DynamoDB::Table", table))[:2] == [
        ("ReadCapacityUnit-Hrs", Decimal(6 * 730)),
        ("WriteCapacityUnit-Hrs", Decimal(7 * 730)),
    ]
    by_request = items("AWS::DynamoDB::Table", {"BillingMode": "PAY_PER_REQUEST"})
    assert [item.quantity for item in by_request] == [None, None, None]
    assert "ReadCapacityUnits" in why("AWS::DynamoDB::Table", {})


def test_keys_and_secrets_are_paid_each_month() -> None:
    assert told(items("AWS::KMS::Key", {})) == [("KMS-Keys", Decimal(1)), ("KMS-Requests", None)]
    replicated = items("AWS::SecretsManager::Secret", {"ReplicaRegions": [{"Region": "us-east-1"}]})
    assert [(item.query.region, item.quantity) for item in replicated] == [
        (REGION, Decimal(1)),
        ("us-east-1", Decimal(1)),
        (REGION, None),
    ]
