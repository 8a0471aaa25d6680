"""What the Allow statements of a permissions policy give away. A Deny elsewhere may still take it back."""

from __future__ import annotations

from collections.abc import Iterator

from services.bedrock_advisor.document import PolicyDocument, texts
from services.bedrock_advisor.grammar import finding
from services.bedrock_advisor.known import CONTROL_SERVICES, ESCALATIONS, SENSITIVE_READS, is_read
from services.bedrock_advisor.patterns import action_covers
from shared.messages import Finding

_EVERYTHING = ("*", "*:*")


def check_privileges(items: list[tuple[str, PolicyDocument]]) -> Iterator[Finding]:
    """Yield what is too broad in the Allow statements `items`, each with its path."""
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
    """True where the statement's Action takes in `action` (which may be a pattern itself)."""
    return any(action_covers(pattern, action) for pattern in texts(item.get("Action")))


def is_any_resource(item: PolicyDocument) -> bool:
    """True where the statement reaches every resource, or all but some."""
    return "NotResource" in item or any(set(resource) <= set("*:") for resource in texts(item.get("Resource")))


def _breadth(item: PolicyDocument, path: str) -> Iterator[Finding]:
    actions, anywhere = texts(item.get("Action")), is_any_resource(item)
    where = f"{path}.Action"
    if any(action in _EVERYTHING for action in actions):
        if anywhere and not item.get("Condition"):
            yield finding("admin_access", "high", "Allows every action on every resource.", where)
        else:
            limit = "under a condition" if anywhere else "on the named resources"
            yield finding("wildcard_action", "high", f"Allows every action of every service {limit}.", where)
        return
    for action in actions:
        service, _, name = action.partition(":")
        if name and set(name) == {"*"}:
            high = service.casefold() in CONTROL_SERVICES
            text = f"Allows every action of {service}, its deletions and permission changes included."
            yield finding("service_wildcard", "high" if high else "medium", text, where)
    if not anywhere:
        return
    yield from _on_any_resource(item, actions, path)


def _on_any_resource(item: PolicyDocument, actions: list[str], path: str) -> Iterator[Finding]:
    conditioned = bool(item.get("Condition"))
    where = f"{path}.Resource"
    if allows(item, "iam:PassRole"):
        text = "iam:PassRole on every resource: any role of the account can be handed to a service."
        yield finding("pass_role_any", "medium" if conditioned else "high", text, where)
    if allows(item, "sts:AssumeRole"):
        text = "sts:AssumeRole on every resource: every role that trusts this account can be assumed."
        yield finding("assume_role_any", "medium" if conditioned else "high", text, where)
    writes = [action for action in actions if not is_read(action)]
    if writes:
        text = f"Allows changes on every resource: {_some(writes)}. Name the resources where the action takes them."
        yield finding("write_on_any_resource", "low" if conditioned else "medium", text, where)
    sensitive = [action for action in SENSITIVE_READS if allows(item, action)]
    if sensitive:
        text = f"Reads data or secrets of every resource: {_some(sensitive)}."
        yield finding("sensitive_read_any", "low" if conditioned else "medium", text, where)


def _escalations(items: list[tuple[str, PolicyDocument]]) -> Iterator[Finding]:
    """Ways to more permissions; the actions of one way may stand in several statements."""
    # Who may do everything needs no way to more, and is told so already.
    plain = [(path, item) for path, item in items if not set(texts(item.get("Action"))) & set(_EVERYTHING)]
    for way in ESCALATIONS:
        places = [[pair for pair in plain if allows(pair[1], action)] for action in way]
        if not all(places):
            continue
        anywhere = all(any(is_any_resource(item) for _, item in place) for place in places)
        scope = "on every resource" if anywhere else "on the named resources"
        text = f"{' + '.join(way)} {scope} can lead to more permissions than the policy gives."
        yield finding("privilege_escalation", "high" if anywhere else "medium", text, f"{places[0][0][0]}.Action")


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(name[:60] for name in names[:5]) + rest
