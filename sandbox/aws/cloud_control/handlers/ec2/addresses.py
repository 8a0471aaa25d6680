"""Elastic IP addresses."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.handlers.ec2.described import Ec2Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, same
from sandbox.aws.cloud_control.tags import shown


class Address(Ec2Handler):
    type_name = "AWS::EC2::EIP"
    plural, key, id_key, kind = "addresses", "Addresses", "AllocationId", "elastic-ip"

    def create(self, aws: Loopback, desired: Model) -> str:
        ec2 = aws("ec2")
        given = {"Domain": "vpc", **same(desired, "Domain", "PublicIpv4Pool", "NetworkBorderGroup", "Address")}
        made = ec2.allocate_address(**given, **self.tagged(desired))
        if "InstanceId" in desired:
            ec2.associate_address(AllocationId=made["AllocationId"], InstanceId=desired["InstanceId"])
        return f"{made['PublicIp']}|{made['AllocationId']}"

    def _described(self, aws: Loopback, identifier: str) -> Model:
        return self.found(aws, identifier.partition("|")[2])

    def read(self, aws: Loopback, identifier: str) -> Model:
        address = self._described(aws, identifier)
        model = same(address, "PublicIp", "AllocationId", "Domain", "InstanceId", "NetworkBorderGroup")
        return shown(model, address.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        ec2, allocation = aws("ec2"), identifier.partition("|")[2]
        if changed(before, after, "InstanceId"):
            if "InstanceId" in after:
                ec2.associate_address(AllocationId=allocation, InstanceId=after["InstanceId"], AllowReassociation=True)
            else:
                association = self._described(aws, identifier)["AssociationId"]
                ec2.disassociate_address(AssociationId=association)
        self.set_tags(aws, allocation, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        ec2, address = aws("ec2"), self._described(aws, identifier)
        if address.get("AssociationId"):
            ec2.disassociate_address(AssociationId=address["AssociationId"])
        ec2.release_address(AllocationId=address["AllocationId"])

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        found = aws("ec2").describe_addresses()["Addresses"]
        yield from (f"{one['PublicIp']}|{one['AllocationId']}" for one in found if one.get("AllocationId"))
