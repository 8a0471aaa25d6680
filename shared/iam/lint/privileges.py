"""What the Allow statements of a permissions policy give away. A Deny elsewhere may still take it back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from shared.access import action_data
from shared.access.levels import level_of_action
from shared.iam.escalations import ESCALATIONS
from shared.iam.lint.codes import Severity, finding
from shared.iam.lint.form import EVERY_ACTION
from shared.iam.match import action_matches
from shared.iam.policy_json import PolicyDocument, texts
from shared.messages import Effect, Finding

# Services where `service:*` is close to holding the account.
CONTROL_SERVICES = frozenset({"iam", "sts", "organizations", "sso", "sso-admin", "kms"})
# What a policy that reads too much usually reads. `shared/access/sensitive.py` knows far more, down to what
# `ec2:Describe*` tells besides: right for asking a person first, too much to warn of in every policy.
SENSITIVE_READS = (
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "kms:Decrypt",
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "lambda:GetFunction",
)
# With findings of their own.
_ROLE_ACTIONS = frozenset({"iam:passrole", "sts:assumerole"})
_READS = frozenset({Effect.LIST, Effect.READ, Effect.SENSITIVE_READ})
_SHOWN = 5

Allowed = list[tuple[str, PolicyDocument]]
"""Allow statements, each with its path."""


def check_privileges(items: Allowed) -> Iterator[Finding]:
    """Yield what is too broad in the Allow statements."""
    for path, item in items:
        if "NotAction" in item:
            text = "Allow with NotAction allows every action but those named, also all that AWS adds later."
            yield finding("allow_not_action", "high", text, f"{path}.NotAction")
        if "NotResource" in item:
            text = "Allow with NotResource allows every resource but those named."
            yield finding("allow_not_resource", "high", text, f"{path}.NotResource")
        yield from _breadth(item, path)
    yield from _escalations(items)


def allows(item: PolicyDocument, action: str) -> bool:
    """True where the statement's Action takes in `action`."""
    return any(action_matches(pattern, action) for pattern in texts(item.get("Action")))


def is_any_resource(item: PolicyDocument) -> bool:
    """True where the statement reaches every resource, or all but some."""
    return "NotResource" in item or any(set(resource) <= set("*:") for resource in texts(item.get("Resource")))


def _breadth(item: PolicyDocument, path: str) -> Iterator[Finding]:
    actions, anywhere = texts(item.get("Action")), is_any_resource(item)
    where = f"{path}.Action"
    if any(action in EVERY_ACTION for action in actions):
        if anywhere and not item.get("Condition"):
            yield finding("admin_access", "high", "Allows every action on every resource.", where)
        else:
            limit = "under a condition" if anywhere else "on the named resources"
            yield finding("wildcard_action", "high", f"Allows every action of every service {limit}.", where)
        return
    yield from _service_wildcards(actions, where)
    if anywhere:
        yield from _on_any_resource(item, actions, path)


def _service_wildcards(actions: list[str], where: str) -> Iterator[Finding]:
    services = list(
        dict.fromkeys(action.partition(":")[0] for action in actions if set(action.partition(":")[2]) == {"*"})
    )
    for severity, wanted in (("high", True), ("medium", False)):
        found = [service for service in services if (service.casefold() in CONTROL_SERVICES) is wanted]
        if found:
            text = f"Allows every action of {_some(found)}, deletions and changes of permissions included."
            yield finding("service_wildcard", "high" if severity == "high" else "medium", text, where)


def _on_any_resource(item: PolicyDocument, actions: list[str], path: str) -> Iterator[Finding]:
    conditioned = bool(item.get("Condition"))
    where = f"{path}.Resource"
    roles: Severity = "medium" if conditioned else "high"
    others: Severity = "low" if conditioned else "medium"
    if allows(item, "iam:PassRole"):
        text = "iam:PassRole on every resource: any role of the account can be handed to a service."
        yield finding("pass_role_any", roles, text, where)
    if allows(item, "sts:AssumeRole"):
        text = "sts:AssumeRole on every resource: every role that trusts this account can be assumed."
        yield finding("assume_role_any", roles, text, where)
    writes = [action for action in actions if action.casefold() not in _ROLE_ACTIONS and _changes(action.casefold())]
    if writes:
        text = f"Allows changes on every resource: {_some(writes)}. Name the resources where the action takes them."
        yield finding("write_on_any_resource", others, text, where)
    if sensitive := [action for action in SENSITIVE_READS if allows(item, action)]:
        text = f"Reads data or secrets of every resource: {_some(sensitive)}."
        yield finding("sensitive_read_any", others, text, where)


@lru_cache(maxsize=1024)
def _changes(pattern: str) -> bool:
    """True where a pattern of actions, lower case, takes in one that is more than a read."""
    prefix = pattern.partition(":")[0]
    return any(
        action_matches(pattern, f"{prefix}:{name}") and level_of_action(f"{prefix}:{name}") not in _READS
        for name in action_data.actions(prefix)
    )


def _escalations(items: Allowed) -> Iterator[Finding]:
    """Ways to more permissions; the actions of one way may stand in several statements."""
    # Who may do everything needs no way to more, and is told so already.
    plain = [(path, item) for path, item in items if not set(texts(item.get("Action"))) & set(EVERY_ACTION)]
    holders = {action: [pair for pair in plain if allows(pair[1], action)] for way in ESCALATIONS for action in way}
    for severity, scope in (("high", "on every resource"), ("medium", "on the named resources")):
        ways = [way for way in ESCALATIONS if _reach(way, holders) == severity]
        if ways:
            shown = "; ".join(" + ".join(way) for way in ways[:_SHOWN])
            more = f"; and {len(ways) - _SHOWN} more ways" if len(ways) > _SHOWN else ""
            text = f"{shown}{more} {scope} can lead to more permissions than the policy gives."
            path = holders[ways[0][0]][0][0]
            yield finding("privilege_escalation", "high" if severity == "high" else "medium", text, f"{path}.Action")


def _reach(way: tuple[str, ...], holders: dict[str, Allowed]) -> str | None:
    """How bad it is that the policy has all actions of the way; None where it has not."""
    if not all(holders[action] for action in way):
        return None
    anywhere = all(any(is_any_resource(item) for _, item in holders[action]) for action in way)
    return "high" if anywhere else "medium"


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(name[:60] for name in names[:_SHOWN]) + rest
