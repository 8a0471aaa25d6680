"""Where an operation is asked: in the regions of the session, or once where one answer is about the whole account.

Which services are global is botocore's endpoint data, and a table for those that have one region for every account or
whose answers are the same in each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared.aws.clients import Aws
from shared.aws.service_models import is_global, regions_of
from shared.aws_operations.models import Operation
from shared.errors import InvalidArguments
from shared.text.json_values import strings

GLOBAL = "global"

# Services with one home in the partition `aws`, in botocore's names → the region that answers for the account.
# AWS: General Reference, "Service endpoints and quotas", each service's page.
_HOMES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("artifact", "bcm-dashboards", "bcm-data-exports", "bcm-pricing-calculator", "bcm-recommended-actions"),
            *("billing", "chatbot", "cost-optimization-hub", "cur", "ecr-public", "freetier", "health", "invoicing"),
            *("marketplace-agreement", "marketplace-catalog", "marketplace-discovery", "marketplace-reporting"),
            *("notifications", "payments", "pricing", "route53domains", "support", "sustainability", "taxsettings"),
            *("trustedadvisor", "uxc"),
        ),
        "us-east-1",
    ),
    **dict.fromkeys(
        (
            *("globalaccelerator", "networkmanager", "route53-recovery-control-config"),
            "route53-recovery-readiness",
        ),
        "us-west-2",
    ),
}
# Operations of regional services that answer for the whole account; S3 finds a bucket's region by itself.
_ONCE = frozenset({"sts:GetCallerIdentity", "ec2:DescribeRegions", "s3control:GetPublicAccessBlock"})
_S3_IN_EACH_REGION = frozenset({"ListDirectoryBuckets"})
_REGION_IN_ARN = re.compile(r"\barn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}(?:-[a-z]+)+-\d):", re.ASCII)
_REGION_IN_URL = re.compile(r"\bhttps://[a-z0-9-]+\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com", re.ASCII)


class Places(NamedTuple):
    """`regions` are asked; `label` is what a row says instead of the region where the account is asked once."""

    regions: tuple[str, ...]
    label: str | None = None
    # Regions of the session in which AWS does not offer the service.
    without: tuple[str, ...] = ()


def places(
    aws: Aws, operation: Operation, arguments: Mapping[str, Any], region: str | None, regions: Sequence[str] | None
) -> Places:
    """Where to ask. Raises InvalidArguments for a region that is not of the session."""
    wanted = tuple(dict.fromkeys([*([region] if region else []), *(regions or [])]))
    named = aws.regions(wanted) if wanted else ()
    told = _told(arguments)
    # A client of S3 goes to the region of an access point's ARN, whatever its own.
    if outside := [one for one in told if one not in aws.info.regions]:
        raise InvalidArguments(
            f"the parameters name something in {', '.join(outside)}, which is not a region of this session; "
            f"it has {', '.join(aws.info.regions)}"
        )
    if home := _home(aws, operation):
        return Places((home,), GLOBAL)
    if named or told:
        return Places(named or told)
    offered = regions_of(operation.service, aws.info.partition)
    there = tuple(one for one in aws.regions() if one in offered) if offered else ()
    if not there:  # botocore knows no regions of it, or none of these
        return Places(aws.regions())
    return Places(there, without=tuple(one for one in aws.regions() if one not in there))


def _home(aws: Aws, operation: Operation) -> str | None:
    """The region to ask about the whole account; None for an operation that answers for one region alone."""
    if operation.service == "s3" and operation.name not in _S3_IN_EACH_REGION:
        return aws.info.region
    if f"{operation.service}:{operation.name}" in _ONCE or is_global(operation.service, aws.info.partition):
        return aws.info.region
    return _HOMES.get(operation.service) if aws.info.partition == "aws" else None


def _told(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The regions that ARNs and addresses in the arguments name."""
    texts = " ".join(strings(arguments))
    return tuple(dict.fromkeys([*_REGION_IN_ARN.findall(texts), *_REGION_IN_URL.findall(texts)]))
