"""The event sources of CloudTrail ("lambda.amazonaws.com") by the names that people and botocore give to services."""

from __future__ import annotations

from shared.access.action_data import prefixes
from shared.aws.service_models import signing_name
from shared.aws_operations.catalogue import find_service, services
from shared.errors import InvalidArguments, NotFound
from shared.text.similar import similar

_SUFFIX = ".amazonaws.com"
# Services that record what happens to them in the partition's home region, whatever region a caller is in:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html (global service events).
GLOBAL = frozenset(
    f"{name}{_SUFFIX}"
    for name in (
        "iam", "sts", "cloudfront", "route53", "route53domains", "organizations", "account", "signin", "waf",
        "shield", "globalaccelerator", "networkmanager", "ce", "budgets", "billing", "support", "sso",
        "identitystore", "trustedadvisor", "health",
    )
)  # fmt: skip
_HOMES = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1", "aws-eusc": "eusc-de-east-1"}


def home_of_global(partition: str) -> str | None:
    """The region in whose history a partition's global services are; None where that is not known."""
    return _HOMES.get(partition)


def event_source(service: str) -> str:
    """The event source of a service, named as in botocore ("stepfunctions"), in IAM ("states") or in words.

    It is the service's signing name. Raises InvalidArguments (`unknown_service`), with similar names.
    """
    said = " ".join(service.casefold().split())
    if said.endswith(_SUFFIX):
        return said
    said = said.removeprefix("aws ").removeprefix("amazon ")
    try:
        return f"{signing_name(find_service(said))}{_SUFFIX}"
    except NotFound:
        pass
    for name in (said, said.replace(" ", ""), said.replace(" ", "-")):
        if name in prefixes():  # IAM knows it, and botocore does not
            return f"{name}{_SUFFIX}"
    near = similar(said, services(), most=5)
    others = f"; similar ones: {', '.join(near)}" if near else ""
    raise InvalidArguments(f"service: there is no service {service!r} in AWS{others}", code="unknown_service")
