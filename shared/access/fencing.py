"""Checks calls of AWS, in botocore's names, against a session's fences before they are made."""

from __future__ import annotations

from functools import lru_cache

from shared.access.levels import actions_of
from shared.access.prefixes import PREFIXES
from shared.aws.bound_clients import CheckCall
from shared.aws.service_models import partitions
from shared.sessions.fences import Perimeter


def check_of(perimeter: Perimeter) -> CheckCall | None:
    """What to call before each call of AWS; None where there are no fences. It raises what `Perimeter` does."""
    if not perimeter:
        return None

    def check(service: str, operation: str, region: str) -> None:
        prefix = PREFIXES.get(service, service)
        # An operation that is known to need no action is known by its own name alone.
        actions = actions_of(service, operation) or (f"{prefix}:{operation}",)
        perimeter.check_actions(actions, [f"{name}:{operation}" for name in dict.fromkeys((prefix, service)) if name])
        if not is_global(service):
            perimeter.check_region(region)

    return check


@lru_cache(maxsize=1024)
def is_global(service: str) -> bool:
    """Whether a service has one endpoint for all regions, as botocore's endpoints say; S3 has regional ones too."""
    found = (one["services"].get(service, {}) for one in partitions())
    return service != "s3" and any("partitionEndpoint" in one or one.get("isRegionalized") is False for one in found)
