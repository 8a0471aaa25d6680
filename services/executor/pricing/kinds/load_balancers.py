"""Load balancers: hours, and capacity units by use."""

from __future__ import annotations

from collections.abc import Iterator

from services.executor.pricing.account import Account
from services.executor.pricing.items import Item, Query, Unpriced, by_use, hourly, text
from services.executor.pricing.kinds.addresses import address_query
from services.executor.pricing.kinds.registry import Properties, priced
from shared.text.plain import named

_FAMILIES = {
    "application": "Load Balancer-Application",
    "network": "Load Balancer-Network",
    "gateway": "Load Balancer-Gateway",
}


@priced("AWS::ElasticLoadBalancingV2::LoadBalancer")
def load_balancer(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    """An application load balancer that faces the internet, where nothing else is said, as AWS has it."""
    kind = text(properties, "Type", "application").lower()
    family = _FAMILIES.get(kind)
    if family is None:
        raise Unpriced(f"load balancers of the type {named(kind)} are not known here")
    if properties.get("MinimumLoadBalancerCapacity"):
        raise Unpriced("reserved capacity of a load balancer is not known here")
    filters = (("productFamily", family),)
    yield hourly(f"{kind} load balancer", Query("AWSELB", region, filters, "LoadBalancerUsage"))
    yield by_use("capacity units", Query("AWSELB", region, filters, "LCUUsage"))
    if kind != "gateway" and text(properties, "Scheme", "internet-facing") == "internet-facing":
        yield by_use("each public IPv4 address, one or more in each zone", address_query(region))


@priced("AWS::ElasticLoadBalancing::LoadBalancer")
def classic(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    filters = (("productFamily", "Load Balancer"),)
    yield hourly("classic load balancer", Query("AWSELB", region, filters, "LoadBalancerUsage"))
    yield by_use("data that it processes", Query("AWSELB", region, filters, "DataProcessing-Bytes"))
    if text(properties, "Scheme", "internet-facing") == "internet-facing":
        yield by_use("each public IPv4 address, one or more in each zone", address_query(region))
