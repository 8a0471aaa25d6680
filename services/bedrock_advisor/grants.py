"""Does a suggested policy stay inside the original? Where that cannot be decided simply, the answer is no."""

from __future__ import annotations

import json

from shared.iam.match import action_covers, resource_covers
from shared.iam.policy_json import OLD_VERSION, PolicyDocument, statements, texts


def what_it_adds(original: PolicyDocument, suggested: PolicyDocument) -> str | None:
    """Return the first thing `suggested` may allow that `original` does not; None where it allows nothing more.

    It allows nothing more when every Allow of it lies in one Allow of the original (actions, resources and
    principals by wildcards, conditions kept) and every Deny of the original is still there.
    """
    if _version(original) != _version(suggested) and "${" in json.dumps(suggested):
        return "it changes the Version, and with it what its policy variables mean"
    before = statements(original)
    kept = [_normal(item) for item in statements(suggested)]
    for item in before:
        if item.get("Effect") != "Allow" and _normal(item) not in kept:
            return f"it drops or changes the Deny statement {_name(item)}"
    allowed = [item for item in before if item.get("Effect") == "Allow"]
    for item in statements(suggested):
        if item.get("Effect") == "Deny":
            continue
        problem = _outside(item, allowed)
        if problem:
            return f"statement {_name(item)} {problem}"
    return None


def _outside(item: PolicyDocument, allowed: list[PolicyDocument]) -> str | None:
    if any(_normal(item) == _normal(other) for other in allowed):
        return None
    if "NotAction" in item or "NotResource" in item or "NotPrincipal" in item:
        return "allows all but what it names"
    able = [other for other in allowed if _principals_inside(other, item) and _condition_kept(other, item)]
    if not able:
        return "has a principal or lacks a condition of the original"
    resources: list[str | None] = [*texts(item.get("Resource"))] or [None]
    actions = texts(item.get("Action"))
    # Looked up once for each statement: every pair of an action and a resource would be compared with every other.
    inside = [
        (
            {action for action in actions if _has_action(other, action)},
            {resource for resource in resources if _has_resource(other, resource)},
        )
        for other in able
    ]
    for action in actions:
        for resource in resources:
            if not any(action in has and resource in on for has, on in inside):
                where = f" on {resource[:120]}" if resource else ""
                return f"allows {action[:80]}{where}, which the original does not"
    return None


def _has_action(original: PolicyDocument, action: str) -> bool:
    if "NotAction" in original:
        # With a wildcard in it, the action may overlap an exception: not decided here.
        plain = not set(action) & set("*?")
        return plain and not any(action_covers(exception, action) for exception in texts(original["NotAction"]))
    return any(action_covers(pattern, action) for pattern in texts(original.get("Action")))


def _has_resource(original: PolicyDocument, resource: str | None) -> bool:
    if resource is None:
        return "Resource" not in original and "NotResource" not in original
    return any(resource_covers(pattern, resource) for pattern in texts(original.get("Resource")))


def _principals_inside(original: PolicyDocument, item: PolicyDocument) -> bool:
    if "NotPrincipal" in original:
        return False
    outer, inner = original.get("Principal"), item.get("Principal")
    if outer == inner or outer == "*":
        return True
    if not isinstance(outer, dict) or not isinstance(inner, dict):
        return False
    return all(set(texts(values)) <= set(texts(outer.get(type_))) for type_, values in inner.items())


def _condition_kept(original: PolicyDocument, item: PolicyDocument) -> bool:
    """A condition may gain operators and keys, which narrows it; those of the original must stay as they are."""
    outer, inner = original.get("Condition") or {}, item.get("Condition") or {}
    if not isinstance(outer, dict) or not isinstance(inner, dict):
        return False
    for operator, keys in outer.items():
        kept = inner.get(operator)
        if not isinstance(keys, dict) or not isinstance(kept, dict) or not keys.items() <= kept.items():
            return False
    return True


def _normal(item: PolicyDocument) -> PolicyDocument:
    """A statement without its name, so that two that mean the same are equal."""
    return {
        name: sorted(value) if isinstance(value, list) and len(texts(value)) == len(value) else value
        for name, value in item.items()
        if name != "Sid"
    }


def _version(document: PolicyDocument) -> object:
    return document.get("Version", OLD_VERSION)


def _name(item: PolicyDocument) -> str:
    return str(item.get("Sid") or item.get("Effect"))[:64]
