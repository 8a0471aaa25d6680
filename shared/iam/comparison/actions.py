"""The actions that AWS documents, likely ones first, for a comparison's examples."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from shared.access import action_data
from shared.access.action_data import spelled
from shared.iam.comparison.patterns import Pattern
from shared.iam.comparison.values import Texts

# What people know of a service; tried first where a policy has a wildcard.
_KNOWN = (
    *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:ListAllMyBuckets", "s3:DeleteBucket"),
    *("ec2:DescribeInstances", "ec2:RunInstances", "ec2:TerminateInstances", "iam:GetRole", "iam:PassRole"),
    *("iam:CreateUser", "iam:AttachRolePolicy", "lambda:InvokeFunction", "lambda:CreateFunction", "sts:AssumeRole"),
    *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem", "kms:Decrypt", "kms:Encrypt"),
    *("sqs:SendMessage", "sqs:ReceiveMessage", "sns:Publish", "logs:PutLogEvents", "logs:GetLogEvents"),
    *("secretsmanager:GetSecretValue", "ssm:GetParameter", "rds:DeleteDBInstance", "cloudformation:CreateStack"),
)


def documented(texts: Texts, resources: Texts) -> Iterator[str]:
    """Actions that AWS documents and that may be among the texts, each once."""
    seen = set[str]()
    for name in _likely(texts, resources):
        if name not in seen:
            seen.add(name)
            yield name


@lru_cache(maxsize=1024)
def keys_of_action(action: str) -> frozenset[str]:
    """The condition keys that AWS documents for an action and for its resources, in lower case."""
    service, _, name = action.partition(":")
    about = action_data.actions(service).get(name.lower(), {})
    kinds = action_data.resource_types(service)
    keys = [*about.get("conditionKeys", ())]
    for one in about.get("resourceTypes") or ():
        keys += kinds.get(one["name"].lower(), {}).get("conditionKeys", ())
    return frozenset(key.lower() for key in keys)


def _likely(texts: Texts, resources: Texts) -> Iterator[str]:
    listed = [pattern for union in texts.unions for pattern in union]
    for pattern in listed:
        if (name := spelled(_text(pattern))) is not None:
            yield name
    services = [_service_of(one) for one in listed]
    named = list(dict.fromkeys(one for one in services if one is not None))
    everywhere = not services or None in services
    yield from (one for one in _KNOWN if everywhere or one.partition(":")[0] in named)
    if everywhere:
        arns = [pattern for union in resources.unions for pattern in union]
        in_arns = [one for one in map(_service_in_arn, arns) if one is not None]
        named = [*dict.fromkeys((*named, *in_arns, *action_data.prefixes()))]
    for service in named:
        yield from (f"{service}:{about['name']}" for about in action_data.actions(service).values())


def _service_of(pattern: Pattern) -> str | None:
    """The service of an action's pattern; None where a wildcard stands in it."""
    service, colon, _ = _text(pattern).partition(":")
    return service if colon and "*" not in service else None


def _service_in_arn(pattern: Pattern) -> str | None:
    parts = _text(pattern).split(":", 3)
    return parts[2] if len(parts) == 4 and "*" not in parts[2] else None


def _text(pattern: Pattern) -> str:
    return "".join(one if isinstance(one, str) else "*" for one in pattern)
