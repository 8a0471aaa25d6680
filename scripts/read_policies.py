"""Makes the read policies `read-1` …: every plain list and read that some operation of AWS needs, divided to fit IAM.

A policy takes 6,144 characters without white space. Actions are written as wildcards as far as no sensitive read and
no change begins like them ("s3:GetBucket*"), else by name. The services that most accounts use come first, so that the
first policies serve them; then the others, those with the shortest lists first. `make iam` writes them to `docs/iam`
and, with what each is for, to `shared/read_policies/policies.json`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from shared.access import action_data
from shared.access.levels import level_of_action
from shared.aws_operations.catalogue import operations, services
from shared.messages import Effect

# Of a managed policy, without white space:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
MAX_CHARACTERS = 6144
# The policies that the role of docs/iam brings along, besides its two others: IAM attaches ten, until asked for more.
IN_ROLE = 7
# Services that most accounts use, by their IAM prefix: first all that the agent's own session policy names.
EVERYDAY = (
    *("ec2", "s3", "s3express", "iam", "sts", "lambda", "rds", "dynamodb", "cloudwatch", "logs", "ce", "tag"),
    *("elasticloadbalancing", "autoscaling", "ecs", "eks", "ecr", "cloudformation", "sns", "sqs", "events", "states"),
    *("kms", "secretsmanager", "ssm", "acm", "route53", "cloudfront", "cloudtrail", "organizations", "guardduty"),
    *("elasticfilesystem", "elasticache", "redshift", "es", "kinesis"),
    *("application-autoscaling", "scheduler", "config", "securityhub", "access-analyzer", "wafv2", "account"),
    *("firehose", "kafka", "backup", "budgets", "servicequotas", "health", "support", "trustedadvisor", "pricing"),
    *("freetier", "savingsplans", "compute-optimizer", "cost-optimization-hub", "resource-explorer-2"),
    *("resource-groups", "apigateway"),
)
_LOOKS = (Effect.LIST, Effect.READ)
# One action for every read of API Gateway: allowed where neither API keys nor whole definitions are.
_APIS = "arn:aws:apigateway:*::"
API_GATEWAY = {
    "Effect": "Allow",
    "Action": "apigateway:GET",
    "Resource": [
        f"{_APIS}/{path}"
        for path in ("account", "apis", "apis/*", "domainnames*", "restapis", "restapis/*", "usageplans", "vpclinks*")
    ],
}


@lru_cache(maxsize=1)
def read_policies() -> dict[str, dict[str, Any]]:
    """The policies by name, in their order."""
    allowed, forbidden = _actions()
    lists = {prefix: patterns(prefix, allowed[prefix], forbidden[prefix]) for prefix in allowed}
    everyday = [prefix for prefix in EVERYDAY if prefix in lists]
    others = sorted(lists.keys() - set(everyday), key=lambda prefix: (_length(lists[prefix]), prefix))
    packs: list[list[str]] = [[]]
    for prefix in [*everyday, *others]:
        if len(packs) <= IN_ROLE and not _fits([*packs[-1], *lists[prefix]]):
            packs.append([])
        if len(packs) > IN_ROLE:
            break
        packs[-1] += lists[prefix]
    else:
        prefix = ""
    # The longest lists are left: the longest first, each where there is room.
    left = others[others.index(prefix) :] if prefix else []
    packs = packs[:IN_ROLE]
    for prefix in reversed(left):
        pack = next((one for one in packs[IN_ROLE:] if _fits([*one, *lists[prefix]])), None)
        if pack is None:
            packs.append(pack := [])
        pack += lists[prefix]
    return {f"read-{number}": _policy(pack, number == 1) for number, pack in enumerate(packs, 1)}


def _actions() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By prefix: the lists and reads that operations need, and all other actions in lower case."""
    needed: dict[str, set[str]] = defaultdict(set)
    for service in services():
        for operation in operations(service).values():
            for action in operation.actions:
                prefix, _, name = action.partition(":")
                needed[prefix].add(name)
    allowed, forbidden = {}, {}
    for prefix, names in needed.items():
        known = {details["name"] for details in action_data.actions(prefix).values()} | names
        plain = {name for name in known if level_of_action(f"{prefix}:{name}") in _LOOKS}
        if plain & names:
            allowed[prefix] = plain & names
            forbidden[prefix] = {name.lower() for name in known - plain}
    return allowed, forbidden


def patterns(prefix: str, names: set[str], forbidden: set[str]) -> list[str]:
    """The names, as wildcards as far as these include nothing forbidden."""
    found = sorted(_covers(sorted(names), forbidden, 0))
    stems = [one[:-1].lower() for one in found if one.endswith("*")]
    return [
        f"{prefix}:{one}"
        for one in found
        if not any(one.lower().startswith(stem) and one.lower() != f"{stem}*" for stem in stems)
    ]


def _covers(names: list[str], forbidden: set[str], depth: int) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for name in names:
        words = _words(name)
        if len(words) <= depth:
            yield name
        else:
            groups.setdefault("".join(words[: depth + 1]), []).append(name)
    for stem, group in groups.items():
        if len(group) == 1:
            yield group[0]
        elif any(one.startswith(stem.lower()) for one in forbidden):
            yield from _covers(group, forbidden, depth + 1)
        else:
            yield f"{stem}*"


def _words(name: str) -> list[str]:
    # The verb is BatchGet, never Batch alone, which may change something too.
    return re.findall(r"Batch[A-Z][a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[^A-Z]+", name)


def _policy(patterns: list[str], first: bool = True) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": sorted(patterns), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement, API_GATEWAY] if first else [statement]}


def _fits(patterns: list[str]) -> bool:
    """Whether a policy of these actions is within IAM's quota, API Gateway's statement included."""
    return len(json.dumps(_policy(patterns), separators=(",", ":"))) <= MAX_CHARACTERS


def _length(patterns: list[str]) -> int:
    return sum(len(pattern) + 3 for pattern in patterns)
