"""Finds what is too broad in the Allow statements of a permissions policy. A Deny elsewhere may still forbid it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
# The reads that matter most in a policy. `shared/access/sensitive.py` lists far more, which is right for asking a
# person before a single call; as a warning it would stand on nearly every policy (`ec2:Describe*` includes some).
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
# These have findings of their own.
_ROLE_ACTIONS = frozenset({"iam:passrole", "sts:assumerole"})
_READS = frozenset({Effect.LIST, Effect.READ, Effect.SENSITIVE_READ})
_SHOWN = 5


class Allow:
    """An Allow statement with its path, and its actions prepared for many comparisons."""

    def __init__(self, path: str, item: PolicyDocument) -> None:
        self.path = path
        self.item = item
        self.actions = texts(item.get("Action"))
        self.everything = any(action in EVERY_ACTION for action in self.actions)
        lower = [action.lower() for action in self.actions]
        self._patterns = [action for action in lower if "*" in action or "?" in action]
        self._names = set(lower).difference(self._patterns)
        # It reaches every resource, or all but some.
        resources = texts(item.get("Resource"))
        self.anywhere = "NotResource" in item or any(set(resource) <= set("*:") for resource in resources)

    def takes_in(self, action: str) -> bool:
        """True where the statement's Action takes in `action`."""
        return action.lower() in self._names or any(action_matches(pattern, action) for pattern in self._patterns)


def check_privileges(items: Iterable[tuple[str, PolicyDocument]]) -> Iterator[Finding]:
    """Yield what is too broad in the Allow statements, each with its path."""
    allows = [Allow(path, item) for path, item in items]
    for allow in allows:
        if "NotAction" in allow.item:
            text = "Allow with NotAction allows every action but those named, also all that AWS adds later."
            yield finding("allow_not_action", "high", text, f"{allow.path}.NotAction")
        if "NotResource" in allow.item:
            text = "Allow with NotResource allows every resource but those named."
            yield finding("allow_not_resource", "high", text, f"{allow.path}.NotResource")
        yield from _breadth(allow)
    # A statement that allows everything has a finding already.
    yield from _escalations([allow for allow in allows if not allow.everything])


def _breadth(allow: Allow) -> Iterator[Finding]:
    where = f"{allow.path}.Action"
    if allow.everything and allow.anywhere and not allow.item.get("Condition"):
        yield finding("admin_access", "high", "Allows every action on every resource.", where)
    elif allow.everything:
        limit = "under a condition" if allow.anywhere else "on the named resources"
        yield finding("wildcard_action", "high", f"Allows every action of every service {limit}.", where)
    else:
        yield from _service_wildcards(allow.actions, where)
        if allow.anywhere:
            yield from _on_any_resource(allow)


def _service_wildcards(actions: list[str], where: str) -> Iterator[Finding]:
    services = list(
        dict.fromkeys(action.partition(":")[0] for action in actions if set(action.partition(":")[2]) == {"*"})
    )
    for severity, wanted in (("high", True), ("medium", False)):
        found = [service for service in services if (service.casefold() in CONTROL_SERVICES) is wanted]
        if found:
            text = f"Allows every action of {_some(found)}, deletions and changes of permissions included."
            yield finding("service_wildcard", "high" if severity == "high" else "medium", text, where)


def _on_any_resource(allow: Allow) -> Iterator[Finding]:
    conditioned = bool(allow.item.get("Condition"))
    where = f"{allow.path}.Resource"
    roles: Severity = "medium" if conditioned else "high"
    others: Severity = "low" if conditioned else "medium"
    if allow.takes_in("iam:PassRole"):
        text = "iam:PassRole on every resource: any role of the account can be handed to a service."
        yield finding("pass_role_any", roles, text, where)
    if allow.takes_in("sts:AssumeRole"):
        text = "sts:AssumeRole on every resource: every role that trusts this account can be assumed."
        yield finding("assume_role_any", roles, text, where)
    if writes := [action for action in allow.actions if action.lower() not in _ROLE_ACTIONS and changes(action)]:
        text = f"Allows changes on every resource: {_some(writes)}. Name the resources where the action takes them."
        yield finding("write_on_any_resource", others, text, where)
    if sensitive := [action for action in SENSITIVE_READS if allow.takes_in(action)]:
        text = f"Reads data or secrets of every resource: {_some(sensitive)}."
        yield finding("sensitive_read_any", others, text, where)


def changes(pattern: str) -> bool:
    """True where an action is more than a read, or a pattern takes in one that is; False for what AWS does not have."""
    prefix, _, name = pattern.lower().partition(":")
    if "*" in name or "?" in name:
        return any(action_matches(name, known) for known in _changing(prefix))
    return name in _changing(prefix)


@lru_cache(maxsize=1024)
def _changing(prefix: str) -> frozenset[str]:
    """The names, in lower case, of a service's actions that are more than reads."""
    return frozenset(name for name in action_data.actions(prefix) if level_of_action(f"{prefix}:{name}") not in _READS)


def _escalations(allows: list[Allow]) -> Iterator[Finding]:
    """Combinations of actions that lead to more permissions; they may be spread over several statements."""
    named = {action for way in ESCALATIONS for action in way}
    holders = {action: [allow for allow in allows if allow.takes_in(action)] for action in named}
    for severity, scope in (("high", "on every resource"), ("medium", "on the named resources")):
        ways = [way for way in ESCALATIONS if _reach(way, holders) == severity]
        if ways:
            shown = "; ".join(" + ".join(way) for way in ways[:_SHOWN])
            more = f"; and {len(ways) - _SHOWN} more ways" if len(ways) > _SHOWN else ""
            text = f"{shown}{more} {scope} can lead to more permissions than the policy gives."
            where = f"{holders[ways[0][0]][0].path}.Action"
            yield finding("privilege_escalation", "high" if severity == "high" else "medium", text, where)


def _reach(way: tuple[str, ...], holders: dict[str, list[Allow]]) -> str | None:
    """The severity of a combination; None if the policy does not allow all of its actions."""
    if not all(holders[action] for action in way):
        return None
    return "high" if all(any(allow.anywhere for allow in holders[action]) for action in way) else "medium"


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(name[:60] for name in names[:_SHOWN]) + rest
