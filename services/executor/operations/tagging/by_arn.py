"""Finds what an ARN names among the kinds of resource whose tags a plan can change."""

from __future__ import annotations

from services.executor.operations.tagging.buckets import Bucket
from services.executor.operations.tagging.functions import Function
from services.executor.operations.tagging.roles import Role
from services.executor.operations.tagging.taggable import Taggable
from services.executor.registry.location import Location
from shared.errors import InvalidArguments

SUPPORTED = (
    "an S3 bucket (arn:aws:s3:::NAME), an IAM role (arn:aws:iam::ACCOUNT:role/NAME) or a Lambda function"
    " (arn:aws:lambda:REGION:ACCOUNT:function:NAME)"
)


def taggable(resource_arn: str, location: Location) -> Taggable:
    """The resource of an ARN. Raises InvalidArguments where it is of no supported kind, or not of this account."""
    parts = resource_arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise InvalidArguments(f"resource_arn: {resource_arn!r} is no ARN; it is that of {SUPPORTED}")
    _, partition, service, region, account, resource = parts
    found = _found(service, region, resource, resource_arn, location)
    if found is None:
        raise InvalidArguments(f"resource_arn: no plan tags {resource_arn}; it is the ARN of {SUPPORTED}")
    if partition != location.partition or account != ("" if service == "s3" else location.account):
        raise InvalidArguments(
            f"resource_arn: {resource_arn} is not of the session's account {location.account} ({location.partition})"
        )
    found.check()
    return found


def _found(service: str, region: str, resource: str, arn: str, location: Location) -> Taggable | None:
    kind, _, name = resource.replace(":", "/", 1).partition("/") if service == "lambda" else resource.partition("/")
    if service == "s3" and not region and not name and not kind.startswith("accesspoint"):
        return Bucket(resource, location.account)
    if service == "iam" and not region and kind == "role" and name:
        return Role(name.rpartition("/")[2], arn)
    # A version or an alias has no tags of its own.
    if service == "lambda" and region and resource.startswith("function:") and ":" not in name:
        return Function(name, arn)
    return None
