"""Security groups, with their rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.aws.cloud_control.handlers.ec2.described import Ec2Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import generated, same
from sandbox.aws.cloud_control.tags import shown

# How EC2 calls the other end of a rule, its field there, and CloudFormation's names for it inwards and outwards.
_ENDS = (
    ("IpRanges", "CidrIp", "CidrIp", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6", "CidrIpv6", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId", "SourcePrefixListId", "DestinationPrefixListId"),
    ("UserIdGroupPairs", "GroupId", "SourceSecurityGroupId", "DestinationSecurityGroupId"),
)
_ANYWHERE = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}


def _permission(rule: Model) -> Model:
    """One rule as EC2 takes it."""
    permission: Model = same(rule, "IpProtocol", "FromPort", "ToPort")
    for kind, field, *names in _ENDS:
        for name in names:
            if name in rule:
                permission[kind] = [{field: rule[name], **same(rule, "Description")}]
    return permission


def _rules(permissions: list[Model], outwards: bool) -> Iterator[Model]:
    """EC2's permissions, each with several ends, as rules with one."""
    for permission in permissions:
        ports = {key: permission[key] for key in ("FromPort", "ToPort") if permission.get(key) is not None}
        for kind, field, *names in _ENDS:
            for end in permission.get(kind, ()):
                rule = {"IpProtocol": permission["IpProtocol"], **ports, names[outwards]: end[field]}
                yield rule | same(end, "Description")


class SecurityGroup(Ec2Handler):
    type_name = "AWS::EC2::SecurityGroup"
    plural, key, id_key, kind = "security_groups", "SecurityGroups", "GroupId", "security-group"

    def create(self, aws: Loopback, desired: Model) -> str:
        ec2, name = aws("ec2"), desired.get("GroupName") or generated(self.type_name)
        made = ec2.create_security_group(
            GroupName=name, Description=desired["GroupDescription"], **same(desired, "VpcId"), **self.tagged(desired)
        )
        identifier = str(made["GroupId"])
        before = {"SecurityGroupEgress": [_ANYWHERE]}
        self._set_rules(ec2, identifier, before, {"SecurityGroupEgress": [_ANYWHERE], **desired})
        return identifier

    def _set_rules(self, ec2: Any, identifier: str, before: Model, after: Model) -> None:
        for direction in ("Egress", "Ingress"):
            name, lower = f"SecurityGroup{direction}", direction.lower()
            old = [_permission(one) for one in before.get(name, ())]
            new = [_permission(one) for one in after.get(name, ())]
            if gone := [one for one in old if one not in new]:
                getattr(ec2, f"revoke_security_group_{lower}")(GroupId=identifier, IpPermissions=gone)
            if added := [one for one in new if one not in old]:
                getattr(ec2, f"authorize_security_group_{lower}")(GroupId=identifier, IpPermissions=added)

    def read(self, aws: Loopback, identifier: str) -> Model:
        group = self.found(aws, identifier)
        model = {
            "Id": identifier,
            "GroupId": identifier,
            "GroupDescription": group["Description"],
            **same(group, "GroupName", "VpcId"),
        }
        ingress = list(_rules(group["IpPermissions"], outwards=False))
        egress = list(_rules(group["IpPermissionsEgress"], outwards=True))
        model |= {"SecurityGroupIngress": ingress} if ingress else {}
        model |= {"SecurityGroupEgress": egress} if egress else {}
        return shown(model, group.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        self._set_rules(aws("ec2"), identifier, before, after)
        self.set_tags(aws, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("ec2").delete_security_group(GroupId=identifier)
