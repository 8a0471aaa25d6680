"""Makes the change policies `change-1` …: what calls of AWS by `change_aws` need of write and tagging actions.

Like the read policies they are divided to fit IAM, the services that most accounts use first, and an action stands as
a wildcard only where nothing else begins like it. What changes permissions is in none of them, nor what is known to
lead to more permissions (`shared/iam/escalations.py`), nor anything of the services that decide who may do what: a role
gets such actions by name, from whoever owns the account.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import lru_cache
from typing import Any

from scripts.read_policies import EVERYDAY, MAX_CHARACTERS, patterns
from services.executor.generic.change import refuse_others
from shared.access import action_data
from shared.access.levels import level_of_action
from shared.aws_operations.catalogue import operations, services
from shared.errors import Forbidden
from shared.iam.escalations import ESCALATIONS
from shared.messages import Effect

# Of the role `change-common`, and of `change-all`: CloudFormation takes 51,200 bytes, IAM attaches ten policies.
IN_COMMON, IN_ALL = 4, 5
# They decide who may do what, or change how the account itself is paid for and owned.
_NEVER = frozenset(
    {
        *("iam", "sts", "organizations", "account", "sso", "sso-directory", "identitystore", "ram", "rolesanywhere"),
        *("lakeformation", "aws-portal", "billing", "payments", "tax", "invoicing", "consolidatedbilling", "artifact"),
        *("support", "aws-marketplace", "savingsplans", "cloudtrail", "config", "guardduty", "securityhub", "macie2"),
    }
)
_WRITES = (Effect.WRITE, Effect.TAGGING)
# Without the first action of each combination nothing comes of it; no policy here lets a role be handed on.
_ESCALATES = frozenset(combination[0] for combination in ESCALATIONS)


@lru_cache(maxsize=1)
def change_policies() -> dict[str, dict[str, Any]]:
    """The policies by name, in their order."""
    allowed, others = _actions()
    lists = {prefix: patterns(prefix, allowed[prefix], others[prefix]) for prefix in allowed}
    everyday = [prefix for prefix in EVERYDAY if prefix in lists]
    rest = sorted(lists.keys() - set(everyday), key=lambda prefix: (_length(lists[prefix]), prefix))
    packs: list[list[str]] = [[]]
    for prefix in [*everyday, *rest]:
        # A service stands whole in one policy where one can hold it.
        if packs[-1] and not _fits([*packs[-1], *lists[prefix]]):
            packs.append([])
        for pattern in lists[prefix]:
            if not _fits([*packs[-1], pattern]):
                packs.append([])
            packs[-1].append(pattern)
    return {f"change-{number}": _policy(pack) for number, pack in enumerate(packs, 1)}


def _actions() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By prefix: the write and tagging actions that some call of `change_aws` needs, and all others in lower case."""
    needed: dict[str, set[str]] = defaultdict(set)
    for service in services():
        for operation in operations(service).values():
            if operation.effect not in _WRITES:
                continue
            try:
                refuse_others(operation)
            except Forbidden:
                continue
            for action in operation.actions:
                prefix, _, name = action.partition(":")
                if prefix not in _NEVER and _is_taken(action):
                    needed[prefix].add(name)
    others = {}
    for prefix in needed:
        known = {details["name"] for details in action_data.actions(prefix).values()}
        others[prefix] = {name.lower() for name in known if not _is_taken(f"{prefix}:{name}")}
    return dict(needed), others


def _is_taken(action: str) -> bool:
    return level_of_action(action) in _WRITES and action not in _ESCALATES


def _policy(patterns_: list[str]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": sorted(patterns_), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _fits(patterns_: list[str]) -> bool:
    return len(json.dumps(_policy(patterns_), separators=(",", ":"))) <= MAX_CHARACTERS


def _length(patterns_: list[str]) -> int:
    return sum(len(pattern) + 3 for pattern in patterns_)
