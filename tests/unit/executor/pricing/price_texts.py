"""Texts of a price list in the form in which GetProducts answers them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

# As AWS's own example has it, escapes undone: awscli's examples/pricing/get-products.rst.
PROVISIONED_IOPS = (
    '{"product":{"productFamily":"Storage","attributes":{"storageMedia":"SSD-backed","maxThroughputvolume":"320 MB/'
    'sec","volumeType":"Provisioned IOPS","maxIopsvolume":"20000","servicecode":"AmazonEC2","usagetype":'
    '"APS1-EBS:VolumeUsage.piops","locationType":"AWS Region","location":"Asia Pacific (Singapore)","servicename":'
    '"Amazon Elastic Compute Cloud","maxVolumeSize":"16 TiB","operation":""},"sku":"3MKHN58N7RDDVGKJ"},"serviceCode":'
    '"AmazonEC2","terms":{"OnDemand":{"3MKHN58N7RDDVGKJ.JRTCKXETXF":{"priceDimensions":{'
    '"3MKHN58N7RDDVGKJ.JRTCKXETXF.6YS6EN2CT7":{"unit":"GB-Mo","endRange":"Inf","description":"$0.138 per GB-month of '
    'Provisioned IOPS SSD (io1)  provisioned storage - Asia Pacific (Singapore)","appliesTo":[],"rateCode":'
    '"3MKHN58N7RDDVGKJ.JRTCKXETXF.6YS6EN2CT7","beginRange":"0","pricePerUnit":{"USD":"0.1380000000"}}},"sku":'
    '"3MKHN58N7RDDVGKJ","effectiveDate":"2018-08-01T00:00:00Z","offerTermCode":"JRTCKXETXF","termAttributes":{}}}},'
    '"version":"20180808005701","publicationDate":"2018-08-08T00:57:01Z"}'
)

# (from, to, price of a unit)
Tiers = Sequence[tuple[str, str, str]]
REGION = "eu-west-1"


def product(
    service: str = "AmazonEC2",
    family: str = "NAT Gateway",
    usage: str = "EU-NatGateway-Hours",
    price: str | Tiers = "0.0480000000",
    unit: str = "Hrs",
    attributes: Mapping[str, str] | None = None,
    currency: str = "USD",
    terms: str = "OnDemand",
) -> str:
    """A product with these terms."""
    tiers = [("0", "Inf", price)] if isinstance(price, str) else price
    dimensions: dict[str, Any] = {
        f"SKU.JRTCKXETXF.{number}": {
            "unit": unit,
            "beginRange": begin,
            "endRange": end,
            "description": "",
            "appliesTo": [],
            "rateCode": f"SKU.JRTCKXETXF.{number}",
            "pricePerUnit": {currency: each},
        }
        for number, (begin, end, each) in enumerate(tiers)
    }
    found = {"servicecode": service, "regionCode": REGION, "usagetype": usage, **(attributes or {})}
    about = {"sku": "SKU", "attributes": found} | ({"productFamily": family} if family else {})
    return json.dumps(
        {
            "product": about,
            "serviceCode": service,
            "terms": {terms: {"SKU.JRTCKXETXF": {"priceDimensions": dimensions, "sku": "SKU", "termAttributes": {}}}},
            "version": "20260925174521",
            "publicationDate": "2026-09-25T17:45:21Z",
        }
    )
