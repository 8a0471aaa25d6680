"""What is paid for after a call of AWS that is no step on a resource: instances started, an address allocated …"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from services.executor.pricing.account import Account
from services.executor.pricing.amounts import Bill
from services.executor.pricing.databases import (
    bill_of_deleted_database,
    bill_of_modified_database,
    bill_of_started_database,
    bill_of_stopped_database,
)
from services.executor.pricing.instances import bill_of_changed, bill_of_started, bill_of_stopped, bill_of_terminated
from services.executor.pricing.items import Item, Unpriced, number, text
from services.executor.pricing.kinds import KINDS
from services.executor.pricing.kinds.addresses import address_query
from services.executor.pricing.kinds.functions import concurrency

Parameters = Mapping[str, Any]
LATER = "From the next maintenance window on, unless AWS applies it at once."
# (parameters, region, account) -> what is paid for. Raises Unpriced.
_Call = Callable[[Parameters, str, Account], Bill | None]

# Operations that make a resource whose properties have the names of their parameters.
_CREATES = {
    "dynamodb:CreateTable": "AWS::DynamoDB::Table",
    "ec2:CreateNatGateway": "AWS::EC2::NatGateway",
    "ec2:CreateVolume": "AWS::EC2::Volume",
    "ec2:CreateVpcEndpoint": "AWS::EC2::VPCEndpoint",
    "eks:CreateCluster": "AWS::EKS::Cluster",
    "elb:CreateLoadBalancer": "AWS::ElasticLoadBalancing::LoadBalancer",
    "elbv2:CreateLoadBalancer": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "kms:CreateKey": "AWS::KMS::Key",
    "rds:CreateDBInstance": "AWS::RDS::DBInstance",
    "s3:CreateBucket": "AWS::S3::Bucket",
}


def bill_of_call(service: str, operation: str, parameters: Parameters, region: str, account: Account) -> Bill | None:
    """What the call starts and ends to be paid for; None where nothing is known of it here. Raises Unpriced."""
    name = f"{service}:{operation}"
    if name in _CREATES:
        return Bill(tuple(KINDS[_CREATES[name]](parameters, region, account)))
    found = _CALLS.get(name)
    return found(parameters, region, account) if found is not None else None


def _run_instances(parameters: Parameters, region: str, account: Account) -> Bill:
    if parameters.get("InstanceMarketOptions"):
        raise Unpriced("the price of a spot instance changes with the market")
    placement = parameters.get("Placement") or {}
    properties = {**parameters, **{name: placement.get(name) for name in ("Tenancy", "HostId", "HostResourceGroupArn")}}
    most, least = number(parameters, "MaxCount", 1), number(parameters, "MinCount", 1)
    items = [*KINDS["AWS::EC2::Instance"](properties, region, account)]
    note = f"For {most} instances; AWS may start as few as {least}." if most != least else ""
    return Bill(tuple(_times(item, int(most)) for item in items), note=note)


def _times(item: Item, count: int) -> Item:
    if count == 1 or item.quantity is None:
        return item
    return Item(f"{count} × {item.what}", item.query, item.quantity * count, item.units, item.note)


def _of_instances(bill: Callable[[list[str], str, Account], Bill]) -> _Call:
    return lambda parameters, region, account: bill(_ids(parameters, "InstanceIds"), region, account)


def _ids(parameters: Parameters, name: str) -> list[str]:
    found = parameters.get(name)
    if not isinstance(found, list) or not found:
        raise Unpriced(f"the price depends on {name}, which is not known")
    return [str(one) for one in found]


def _delete_volume(parameters: Parameters, region: str, account: Account) -> Bill:
    [volume] = account.volumes([text(parameters, "VolumeId")], region)
    return Bill(ends=tuple(KINDS["AWS::EC2::Volume"](volume, region, account)))


def _modify_volume(parameters: Parameters, region: str, account: Account) -> Bill:
    identifier = text(parameters, "VolumeId")
    [volume] = account.volumes([identifier], region)
    kind = KINDS["AWS::EC2::Volume"]
    changed = {name: parameters[name] for name in ("Size", "VolumeType", "Iops", "Throughput") if name in parameters}
    after = {**volume, **changed}
    if "VolumeType" in changed and changed["VolumeType"] != volume["VolumeType"]:
        # IOPS and throughput of another type are not taken along.
        after = {**{name: value for name, value in volume.items() if name not in ("Iops", "Throughput")}, **changed}
    bill = Bill(tuple(kind(after, region, account)), tuple(kind(volume, region, account))).changed
    account.leaves(identifier, region, **{"Iops": None, "Throughput": None, **after})
    return bill


def _modify_instance(parameters: Parameters, region: str, account: Account) -> Bill | None:
    """Only another type has another price; what else there is to modify has none that is known here."""
    kind = parameters.get("InstanceType")
    if not isinstance(kind, Mapping):
        return None
    return bill_of_changed(text(parameters, "InstanceId"), {"InstanceType": text(kind, "Value")}, region, account)


def _allocate_address(parameters: Parameters, region: str, account: Account) -> Bill:
    return Bill(tuple(KINDS["AWS::EC2::EIP"](parameters, region, account)))


def _release_address(parameters: Parameters, region: str, account: Account) -> Bill:
    # AWS releases only an address that belongs to nothing.
    what = next(iter(KINDS["AWS::EC2::EIP"]({}, region, account)))
    return Bill(ends=(Item(what.what, address_query(region, idle=True), what.quantity, what.units),))


def _of_database(bill: Callable[[str, str, Account], Bill]) -> _Call:
    return lambda parameters, region, account: bill(text(parameters, "DBInstanceIdentifier"), region, account)


def _modify_database(parameters: Parameters, region: str, account: Account) -> Bill:
    bill = bill_of_modified_database(text(parameters, "DBInstanceIdentifier"), parameters, region, account)
    at_once = parameters.get("ApplyImmediately") is True
    return bill if at_once else replace(bill, note=f"{bill.note} {LATER}".strip())


def _delete_load_balancer(parameters: Parameters, region: str, account: Account) -> Bill:
    """The ARN names the type: …:loadbalancer/app/NAME/ID."""
    arn = text(parameters, "LoadBalancerArn")
    kinds = {"app": "application", "net": "network", "gwy": "gateway"}
    kind = kinds.get(arn.partition(":loadbalancer/")[2].partition("/")[0])
    if kind is None:
        raise Unpriced("the ARN does not name the type of the load balancer")
    items = KINDS["AWS::ElasticLoadBalancingV2::LoadBalancer"]({"Type": kind}, region, account)
    return Bill(ends=tuple(item for item in items if item.quantity is not None))


def _put_concurrency(parameters: Parameters, region: str, account: Account) -> Bill:
    count = number(parameters, "ProvisionedConcurrentExecutions")
    note = "In place of what was provisioned before, which is not counted."
    return Bill((concurrency(text(parameters, "FunctionName"), count, region, account),), note=note)


def _end_key(parameters: Parameters, region: str, account: Account) -> Bill:
    """A key that waits for its deletion costs nothing any more: https://aws.amazon.com/kms/pricing/"""
    return Bill(ends=tuple(item for item in KINDS["AWS::KMS::Key"]({}, region, account) if item.quantity is not None))


_CALLS: Mapping[str, _Call] = {
    "ec2:RunInstances": _run_instances,
    "ec2:StartInstances": _of_instances(bill_of_started),
    "ec2:StopInstances": _of_instances(bill_of_stopped),
    "ec2:TerminateInstances": _of_instances(bill_of_terminated),
    "ec2:ModifyInstanceAttribute": _modify_instance,
    "ec2:DeleteVolume": _delete_volume,
    "ec2:ModifyVolume": _modify_volume,
    "ec2:AllocateAddress": _allocate_address,
    "ec2:ReleaseAddress": _release_address,
    "rds:StartDBInstance": _of_database(bill_of_started_database),
    "rds:StopDBInstance": _of_database(bill_of_stopped_database),
    "rds:DeleteDBInstance": _of_database(bill_of_deleted_database),
    "rds:ModifyDBInstance": _modify_database,
    "elbv2:DeleteLoadBalancer": _delete_load_balancer,
    "lambda:PutProvisionedConcurrencyConfig": _put_concurrency,
    "kms:ScheduleKeyDeletion": _end_key,
}
