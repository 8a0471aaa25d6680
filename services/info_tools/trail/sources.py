"""The event sources of CloudTrail ("lambda.amazonaws.com") by the names that people and botocore give to services."""

from __future__ import annotations

import difflib
from functools import lru_cache

import botocore.session
from botocore.exceptions import BotoCoreError

from shared.errors import InvalidArguments

_SUFFIX = ".amazonaws.com"
# What people call services, where neither botocore's name nor the signing name says so.
_CALLED = {
    "alb": "elbv2",
    "api gateway": "apigateway",
    "certificate manager": "acm",
    "cloud formation": "cloudformation",
    "cloud watch": "cloudwatch",
    "cognito": "cognito-idp",
    "dynamo": "dynamodb",
    "elasticsearch": "es",
    "eventbridge": "events",
    "kinesis firehose": "firehose",
    "load balancer": "elbv2",
    "msk": "kafka",
    "parameter store": "ssm",
    "route 53": "route53",
    "secrets manager": "secretsmanager",
    "step functions": "stepfunctions",
    "systems manager": "ssm",
}
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
    for name in (_CALLED.get(said, said), said.replace(" ", ""), said.replace(" ", "-")):
        if found := _signing_name(name):
            return f"{found}{_SUFFIX}"
    near = difflib.get_close_matches(said, [*_names(), *_CALLED], n=5)
    similar = f"; similar ones: {', '.join(near)}" if near else ""
    raise InvalidArguments(f"service: there is no service {service!r} in AWS{similar}", code="unknown_service")


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return tuple(botocore.session.Session().get_available_services())


@lru_cache(maxsize=256)
def _signing_name(name: str) -> str | None:
    if name not in _names():
        # IAM's and CloudTrail's name of a service that botocore calls otherwise, as "states".
        return name if name in _other_names() else None
    try:
        model = botocore.session.Session().get_service_model(name)
    except BotoCoreError:
        return None
    return str(model.signing_name)


@lru_cache(maxsize=1)
def _other_names() -> frozenset[str]:
    from shared.access.action_data import prefixes

    return frozenset(prefixes())
