"""The ARNs that calls of EC2 are about.

Source: "Actions, resources, and condition keys for Amazon EC2" in the service authorization reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.aws.protocol.calls import Call

# Parameter -> kind of resource; of a list each item is one.
_KINDS = {
    "VpcId": "vpc",
    "SubnetId": "subnet",
    "InternetGatewayId": "internet-gateway",
    "RouteTableId": "route-table",
    "NatGatewayId": "natgateway",
    "GroupId": "security-group",
    "VolumeId": "volume",
    "InstanceId": "instance",
    "AllocationId": "elastic-ip",
    "KeyName": "key-pair",
    "SnapshotId": "snapshot",
    "ImageId": "image",
    "NetworkInterfaceId": "network-interface",
    "InstanceIds": "instance",
    "SecurityGroupIds": "security-group",
    "VolumeIds": "volume",
}
# Ids by what they begin with, as CreateTags has them.
_BY_PREFIX = {
    "vpc": "vpc", "subnet": "subnet", "igw": "internet-gateway", "rtb": "route-table", "nat": "natgateway",
    "sg": "security-group", "vol": "volume", "i": "instance", "eipalloc": "elastic-ip", "key": "key-pair",
    "snap": "snapshot", "eni": "network-interface", "ami": "image", "acl": "network-acl",
}  # fmt: skip
# What a call makes has no id yet.
_MADE = {
    "CreateVpc": ("vpc",),
    "CreateSubnet": ("subnet",),
    "CreateInternetGateway": ("internet-gateway",),
    "CreateRouteTable": ("route-table",),
    "CreateNatGateway": ("natgateway",),
    "CreateSecurityGroup": ("security-group",),
    "CreateVolume": ("volume",),
    "CreateSnapshot": ("snapshot",),
    "AllocateAddress": ("elastic-ip",),
    "AllocateHosts": ("dedicated-host",),
    "RunInstances": ("instance", "network-interface", "volume"),
}
_DESCRIBES_ONE = re.compile(r"Describe\w+Attribute")


def ec2_resources(call: Call, here: str) -> list[str]:
    """The ARNs, of which `here` is the beginning; "*" for what describes anything and what names nothing."""
    if call.operation.startswith("Describe") and not _DESCRIBES_ONE.fullmatch(call.operation):
        return ["*"]
    found = [_arn(here, f"{kind}/*") for kind in _MADE.get(call.operation, ())]
    found += [_arn(here, one) for one in _named(call.params)]
    return list(dict.fromkeys(found)) or ["*"]


def _arn(here: str, one: str) -> str:
    """Snapshots and images are of no account in their ARNs."""
    return f"{here.rsplit(':', 2)[0]}::{one}" if one.startswith(("snapshot/", "image/")) else here + one


def _named(params: Any) -> Iterator[str]:
    for name, kind in _KINDS.items():
        value = params.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one:
                yield f"{kind}/{one}"
    for one in params.get("Resources") or ():
        yield f"{_BY_PREFIX.get(str(one).partition('-')[0], '*')}/{one}"
