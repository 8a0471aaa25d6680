"""EKS clusters: hours of the control plane."""

from __future__ import annotations

from collections.abc import Iterator

from services.executor.pricing.account import Account
from services.executor.pricing.items import Item, Query, hourly
from services.executor.pricing.kinds.registry import Properties, priced


@priced("AWS::EKS::Cluster")
def cluster(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    query = Query("AmazonEKS", region, (("productFamily", "Compute"),), "AmazonEKS-Hours:perCluster")
    note = "in standard support, without its nodes: AWS charges more for versions after it"
    yield hourly("cluster", query, note=note)
