"""What steps on resources and calls of AWS start and end to be paid for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.executor.pricing.account import Account
from services.executor.pricing.amounts import Bill
from services.executor.pricing.calls import bill_of_call
from services.executor.pricing.items import Item, Unpriced
from services.executor.pricing.resources import bill_of_resource
from services.executor.registry.account_state import Becomes
from tests.unit.executor.pricing.fake_aws import FakeAws

REGION = "eu-west-1"
IMAGE = {
    "UsageOperation": "RunInstances",
    "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3"}}],
}
VOLUMES = {
    "vol-1": {"VolumeId": "vol-1", "Size": 8, "VolumeType": "gp3", "Iops": 3000, "Throughput": 125},
    "vol-2": {"VolumeId": "vol-2", "Size": 500, "VolumeType": "io1", "Iops": 1000},
}
DATABASE = {
    "DBInstanceClass": "db.t3.micro", "Engine": "mysql", "AllocatedStorage": 20, "StorageType": "gp2", "MultiAZ": False,
}  # fmt: skip

DATABASES = {
    "db": DATABASE | {"DBInstanceStatus": "available"},
    "db-stopped": DATABASE | {"DBInstanceStatus": "stopped"},
}


def instance(identifier: str, state: str, kind: str = "t3.micro") -> dict[str, Any]:
    return {
        "InstanceId": identifier, "InstanceType": kind, "State": {"Name": state}, "UsageOperation": "RunInstances",
        "Placement": {"Tenancy": "default"},
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": True}},
            {"DeviceName": "/dev/sdb", "Ebs": {"VolumeId": "vol-2", "DeleteOnTermination": False}},
        ],
    }  # fmt: skip


INSTANCES = {"i-run": instance("i-run", "running"), "i-stop": instance("i-stop", "stopped")}


def account() -> Account:
    def instances(InstanceIds: list[str]) -> Any:
        return {"Reservations": [{"Instances": [INSTANCES[one] for one in InstanceIds if one in INSTANCES]}]}

    def volumes(VolumeIds: list[str]) -> Any:
        return {"Volumes": [VOLUMES[one] for one in VolumeIds]}

    aws = FakeAws(
        answers={
            "describe_images": {"Images": [IMAGE]},
            "describe_instances": instances,
            "describe_volumes": volumes,
            "describe_db_instances": lambda DBInstanceIdentifier: {"DBInstances": [DATABASES[DBInstanceIdentifier]]},
            "get_function_configuration": {"MemorySize": 1024},
        }
    )
    return Account(lambda: aws)


def call(operation: str, of: Account | None = None, **parameters: Any) -> Bill:
    service, name = operation.split(":")
    found = bill_of_call(service, name, parameters, REGION, of or account())
    assert found is not None
    return found


def told(items: tuple[Item, ...]) -> list[str]:
    return [item.what for item in items]


def becomes(type_name: str, before: Any, after: Any, identifier: str | None = None) -> Bill:
    return bill_of_resource(Becomes(type_name, REGION, before, after, identifier), account())


def test_a_stopped_instance_costs_its_hours_again_when_it_is_started() -> None:
    bill = call("ec2:StartInstances", InstanceIds=["i-stop", "i-run"])
    assert told(bill.starts)[0] == "instance t3.micro, RunInstances, on demand"
    assert [item.quantity for item in bill.starts] == [Decimal(730), None]
    assert "i-run" in bill.note
    assert call("ec2:StartInstances", InstanceIds=["i-run"]).starts == ()


def test_a_running_instance_that_is_stopped_ends_its_hours_alone() -> None:
    assert told(call("ec2:StopInstances", InstanceIds=["i-run", "i-stop"]).ends) == [
        "instance t3.micro, RunInstances, on demand"
    ]


def test_an_instance_that_ends_takes_the_volumes_with_it_that_aws_deletes() -> None:
    gone = ["instance t3.micro, RunInstances, on demand", "volume vol-1: 8 GiB gp3"]
    assert told(call("ec2:TerminateInstances", InstanceIds=["i-run"]).ends) == gone
    assert told(becomes("AWS::EC2::Instance", {"InstanceId": "i-run"}, None).ends) == gone
    assert told(becomes("AWS::EC2::Instance", {}, None, "i-stop").ends) == gone[1:]


def test_an_instance_of_another_type_costs_the_difference_while_it_runs() -> None:
    bill = becomes("AWS::EC2::Instance", {"InstanceId": "i-run"}, {"InstanceType": "t3.large"})
    assert told(bill.starts) == ["instance t3.large, RunInstances, on demand"]
    assert told(bill.ends) == ["instance t3.micro, RunInstances, on demand"]
    same = becomes("AWS::EC2::Instance", {"InstanceId": "i-run"}, {"InstanceType": "t3.micro"})
    assert (same.starts, same.ends) == ((), ())
    stopped = becomes("AWS::EC2::Instance", {"InstanceId": "i-stop"}, {"InstanceType": "t3.large"})
    assert (stopped.starts, stopped.ends) == ((), ())
    assert "stopped" in stopped.note


def test_instances_that_are_not_found_have_no_price() -> None:
    with pytest.raises(Unpriced, match="not all"):
        call("ec2:StartInstances", InstanceIds=["i-run", "i-other"])


def test_so_many_instances_cost_so_much_more() -> None:
    asked = {"InstanceType": "t3.micro", "ImageId": "ami-1", "MinCount": 1, "MaxCount": 3}
    bill = call("ec2:RunInstances", **asked)
    assert [item.quantity for item in bill.starts] == [Decimal(3 * 730), Decimal(24), None]
    assert "3 instances" in bill.note
    for extra in ({"InstanceMarketOptions": {"MarketType": "spot"}}, {"LaunchTemplate": {"LaunchTemplateId": "lt-1"}}):
        with pytest.raises(Unpriced):
            call("ec2:RunInstances", **asked, **extra)
    with pytest.raises(Unpriced, match="host"):
        call("ec2:RunInstances", **asked, Placement={"Tenancy": "host"})


def test_volumes_that_change_cost_the_difference() -> None:
    assert told(call("ec2:DeleteVolume", VolumeId="vol-2").ends) == ["volume: 500 GiB io1", "volume: 1000 IOPS"]
    larger = call("ec2:ModifyVolume", VolumeId="vol-1", Size=20)
    assert (told(larger.starts), told(larger.ends)) == (["volume: 20 GiB gp3"], ["volume: 8 GiB gp3"])
    other = call("ec2:ModifyVolume", VolumeId="vol-2", VolumeType="gp3")
    assert told(other.starts) == ["volume: 500 GiB gp3"]
    assert told(other.ends) == ["volume: 500 GiB io1", "volume: 1000 IOPS"]
    update = becomes("AWS::EC2::Volume", VOLUMES["vol-1"], {**VOLUMES["vol-1"], "Size": 9})
    assert (told(update.starts), told(update.ends)) == (["volume: 9 GiB gp3"], ["volume: 8 GiB gp3"])


def test_databases_start_stop_change_and_end() -> None:
    hours = "database db.t3.micro, MySQL, Single-AZ"
    assert told(call("rds:StartDBInstance", DBInstanceIdentifier="db-stopped").starts) == [hours]
    assert call("rds:StartDBInstance", DBInstanceIdentifier="db").note == "It runs already."
    assert told(call("rds:StopDBInstance", DBInstanceIdentifier="db").ends) == [hours]
    assert told(call("rds:DeleteDBInstance", DBInstanceIdentifier="db").ends)[:2] == [hours, "20 GiB gp2"]
    changed = call("rds:ModifyDBInstance", DBInstanceIdentifier="db", DBInstanceClass="db.m5.large")
    assert (told(changed.starts), told(changed.ends)) == (["database db.m5.large, MySQL, Single-AZ"], [hours])
    assert "maintenance" in changed.note
    assert told(call("rds:DeleteDBInstance", DBInstanceIdentifier="db-stopped").ends) == ["20 GiB gp2"]
    stopped = call("rds:ModifyDBInstance", DBInstanceIdentifier="db-stopped", DBInstanceClass="db.m5.large")
    assert (stopped.starts, stopped.ends) == ((), ())
    update = becomes("AWS::RDS::DBInstance", {"DBInstanceIdentifier": "db"}, {"AllocatedStorage": "30"})
    assert (told(update.starts), told(update.ends)) == (["30 GiB gp2"], ["20 GiB gp2"])
    assert told(becomes("AWS::RDS::DBInstance", {}, None, "db-stopped").ends) == ["20 GiB gp2"]


def test_an_instance_that_a_plan_stops_changes_and_starts_costs_the_difference_once() -> None:
    one, ids = account(), {"InstanceIds": ["i-run"]}
    steps = [
        call("ec2:StopInstances", one, **ids),
        call("ec2:ModifyInstanceAttribute", one, InstanceId="i-run", InstanceType={"Value": "t3.large"}),
        call("ec2:StartInstances", one, **ids),
    ]
    assert [told(bill.ends) for bill in steps] == [["instance t3.micro, RunInstances, on demand"], [], []]
    assert [told(bill.starts)[:1] for bill in steps] == [[], [], ["instance t3.large, RunInstances, on demand"]]
    assert call("ec2:TerminateInstances", one, **ids).ends[0].what == "instance t3.large, RunInstances, on demand"
    assert told(call("ec2:TerminateInstances", one, **ids).ends) == ["volume vol-1: 8 GiB gp3"]


def test_only_another_type_of_an_instance_has_another_price() -> None:
    asked = {"InstanceId": "i-run", "DisableApiTermination": {"Value": True}}
    assert bill_of_call("ec2", "ModifyInstanceAttribute", asked, REGION, account()) is None


@pytest.mark.parametrize(
    ("operation", "parameters", "starts", "ends"),
    [
        ("ec2:AllocateAddress", {"Domain": "vpc"}, ["public IPv4 address"], []),
        ("ec2:ReleaseAddress", {"AllocationId": "eipalloc-1"}, [], ["public IPv4 address"]),
        ("ec2:CreateNatGateway", {"SubnetId": "s"}, ["NAT gateway", "data that it processes"], []),
        ("kms:ScheduleKeyDeletion", {"KeyId": "k"}, [], ["key"]),
        (
            "elbv2:DeleteLoadBalancer",
            {"LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/n/1"},
            [],
            ["network load balancer"],
        ),
        (
            "lambda:PutProvisionedConcurrencyConfig",
            {"FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 3},
            ["concurrency of 3 with 1024 MB each, provisioned"],
            [],
        ),
    ],
)
def test_other_calls(operation: str, parameters: dict[str, Any], starts: list[str], ends: list[str]) -> None:
    bill = call(operation, **parameters)
    assert (told(bill.starts), told(bill.ends)) == (starts, ends)


def test_a_call_that_nothing_is_known_of_is_not_priced() -> None:
    assert bill_of_call("ec2", "RebootInstances", {"InstanceIds": ["i-run"]}, REGION, account()) is None


def test_a_type_that_nothing_is_known_of_says_so() -> None:
    with pytest.raises(Unpriced, match="AWS::SQS::Queue"):
        becomes("AWS::SQS::Queue", None, {})


def test_a_change_that_costs_nothing_more_has_nothing_to_pay_for() -> None:
    volume = VOLUMES["vol-1"]
    bill = becomes("AWS::EC2::Volume", volume, {**volume, "Tags": [{"Key": "a", "Value": "b"}]})
    assert (bill.starts, bill.ends) == ((), ())
