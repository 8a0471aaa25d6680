"""Public IPv4 addresses, NAT gateways and interface endpoints.

Addresses are paid by the hour, in use or idle: https://aws.amazon.com/vpc/pricing/
"""

from __future__ import annotations

from collections.abc import Iterator

from services.executor.pricing.account import Account
from services.executor.pricing.items import Item, Query, Unpriced, by_use, hourly, text
from services.executor.pricing.kinds.registry import Properties, priced
from shared.text.plain import named


def address_query(region: str, *, idle: bool = False) -> Query:
    """A public IPv4 address, which belongs to something that runs, or to nothing."""
    usage = "PublicIPv4:IdleAddress" if idle else "PublicIPv4:InUseAddress"
    return Query("AmazonVPC", region, (("group", "VPCPublicIPv4Address"),), usage)


@priced("AWS::EC2::EIP")
def elastic_address(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    own = [properties.get(name) for name in ("PublicIpv4Pool", "IpamPoolId", "CustomerOwnedIpv4Pool")]
    if any(pool not in (None, "", "amazon") for pool in own):
        raise Unpriced("an address of a pool of one's own has another price")
    idle = not properties.get("InstanceId")
    note = "idle; in use it has a price of its own" if idle else ""
    yield hourly("public IPv4 address", address_query(region, idle=idle), note=note)


@priced("AWS::EC2::NatGateway")
def nat_gateway(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    if text(properties, "AvailabilityMode", "zonal") != "zonal":
        raise Unpriced("a regional NAT gateway is paid for each zone that it grows into")
    filters = (("productFamily", "NAT Gateway"),)
    yield hourly("NAT gateway", Query("AmazonEC2", region, filters, "NatGateway-Hours"))
    yield by_use("data that it processes", Query("AmazonEC2", region, filters, "NatGateway-Bytes"))


@priced("AWS::EC2::VPCEndpoint")
def endpoint(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    """Gateway endpoints are free of charge: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html"""
    kind = text(properties, "VpcEndpointType", "Gateway")
    if kind == "Gateway":
        return
    if kind != "Interface":
        raise Unpriced(f"endpoints of the type {named(kind)} are not known here")
    subnets = properties.get("SubnetIds")
    if not isinstance(subnets, list) or not subnets:
        raise Unpriced("an interface endpoint is paid for each of its subnets, which it does not name")
    filters = (("productFamily", "VpcEndpoint"),)
    yield hourly(
        f"endpoint in {len(subnets)} zones", Query("AmazonVPC", region, filters, "VpcEndpoint-Hours"), len(subnets)
    )
    yield by_use("data that it processes", Query("AmazonVPC", region, filters, "VpcEndpoint-Bytes"))
