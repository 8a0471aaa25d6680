"""Addresses that moto keeps after a deletion and AWS frees: of terminated instances, and of deleted NAT gateways.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html, and for NAT gateways
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNatGateway.html: "Deleting a NAT gateway disassociates
its Elastic IP address, but does not release the address from your account."
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instances import Instance
from moto.ec2.models.nat_gateways import NatGatewayBackend


def apply_released() -> None:
    """Patch moto."""
    terminate, delete = Instance.terminate, NatGatewayBackend.delete_nat_gateway

    def terminated(self: Instance) -> Any:
        held = [(nic.subnet, nic.private_ip_address) for nic in self.nics.values()]
        state = terminate(self)
        for subnet, address in held:
            subnet.del_subnet_ip(address)
        return state

    def deleted(self: Any, nat_gateway_id: str) -> Any:
        gateway = delete(self, nat_gateway_id)
        for one in gateway.address_set:
            for address in self.address_by_allocation([one["allocationId"]]) if one.get("allocationId") else ():
                if address.association_id:
                    self.disassociate_address(association_id=address.association_id)
        return gateway

    setattr(Instance, "terminate", terminated)  # noqa: B010  # a patch, not a member
    setattr(NatGatewayBackend, "delete_nat_gateway", deleted)  # noqa: B010  # a patch, not a member
