"""AWS's regions as botocore knows them offline: those of one partition, and those of all.

A session may be opened in any partition, so the gateway checks a name against all of them; a plan acts in the partition
of its account, so the executor checks against that one alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from shared.aws import service_models
from shared.aws.service_models import partitions


@lru_cache(maxsize=1)
def _by_partition() -> dict[str, tuple[str, ...]]:
    # EC2 is in every region that there is.
    return {one["partition"]: service_models.regions_of("ec2", one["partition"]) for one in partitions()}


def regions_of(partition: str) -> tuple[str, ...]:
    """The regions of a partition ("aws", "aws-cn", …); none of one that botocore does not know."""
    return _by_partition().get(partition, ())


def all_regions() -> frozenset[str]:
    """The regions of every partition."""
    return frozenset(region for regions in _by_partition().values() for region in regions)


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for partition in partitions():
        for region, about in partition["regions"].items():
            place = about["description"].partition("(")[2].rstrip(")").casefold() or about["description"].casefold()
            # "N. Virginia" is also just Virginia to most people.
            found[region] = tuple(dict.fromkeys([place, place.removeprefix("n. ")]))
    return found


def is_named_in(region: str, text: str) -> bool:
    """Whether somebody who wrote the text named the region: by its code, or by its place ("Ireland").

    Places are those of the descriptions in botocore's endpoints.
    """
    said = text.casefold()
    names = (region.casefold(), *_places().get(region, ()))
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said) for name in names)


@lru_cache(maxsize=64)
def home_region(service: str, partition: str) -> str | None:
    """The region of a service that a partition has once, such as Cost Explorer ("ce"); None where it has none.

    From botocore's endpoints, in which such a service stands under one endpoint of the whole partition.
    """
    services: dict[str, Any] = next((one["services"] for one in partitions() if one["partition"] == partition), {})
    found = services.get(service, {})
    endpoint = found.get("endpoints", {}).get(found.get("partitionEndpoint", ""), {})
    region = endpoint.get("credentialScope", {}).get("region")
    return str(region) if region else None
