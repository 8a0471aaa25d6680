"""The policies by which a role lets the informational agent read beyond its own session policy: `read-1` … of docs/iam.

`AssumeRole` takes them as `PolicyArns`. What a session may then do is what the role, and any of these policies, allows
and the inline session policy does not deny. They hang on the customer's role and are the customer's, who can change
them; so what is attached is read first, and used only where it allows nothing but plain lists and reads.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from shared.aws_operations.catalogue import services
from shared.aws_operations.levels import levels_of
from shared.iam.documents import Document, MalformedPolicy, Statement, parse
from shared.iam.match import action_matches
from shared.messages import Effect

# Customer-managed policies of these names are offered to AssumeRole: "aws-assistant-read-1", "acme-read-extra".
NAME = re.compile(r"\S*-read-[a-z0-9-]{1,20}", re.ASCII | re.IGNORECASE)
API_GATEWAY = "apigateway:GET"
_LOOKS = (Effect.LIST, Effect.READ)
_READING_VERB = re.compile(
    r"(Get|List|Describe|BatchGet|BatchDescribe|BatchList|Search|Lookup|Head|View|Count|Check|Validate|Simulate"
    r"|Estimate|Select|Is)(?![a-z])"
)


@lru_cache(maxsize=1)
def policies() -> Mapping[str, dict[str, Any]]:
    """The policies of this version by name ("read-1"), in their order."""
    made: dict[str, dict[str, Any]] = json.loads((resources.files(__name__) / "policies.json").read_text("utf-8"))
    return MappingProxyType(made)


def names_for(actions: Iterable[str]) -> tuple[str, ...]:
    """The policies that allow these actions together; empty where some action is in none."""
    found = {action: next((name for name in policies() if allows(name, action)), None) for action in actions}
    names = [name for name in found.values() if name]
    return tuple(dict.fromkeys(names)) if len(names) == len(found) else ()


def allows(name: str, action: str) -> bool:
    """Whether a policy of this version allows an action, on some resource."""
    return any(action_matches(pattern, action) for pattern in _patterns(name).get(_prefix(action), ()))


def why_not(document: Document) -> str | None:
    """Why a policy may not widen the informational agent's session; None where it only lists and reads."""
    try:
        statements = parse(document)
    except MalformedPolicy as error:
        return f"it cannot be read: {error}"
    return next((why for statement in statements if statement.allows if (why := _why_not(statement))), None)


def covers(documents: Iterable[Document], patterns: Iterable[str]) -> bool:
    """Whether the policies together allow every plain list and read that the patterns do."""
    allowed: dict[str, list[str]] = defaultdict(list)
    for statement in (one for document in documents for one in parse(document)):
        for action in statement.actions if statement.allows and not statement.condition else ():
            allowed[_prefix(action)].append(action)
    needed = (
        action
        for pattern in patterns
        for action, effect in _known().get(_prefix(pattern), {}).items()
        if effect in _LOOKS and action_matches(pattern, action)
    )
    return all(any(action_matches(pattern, action) for pattern in allowed[_prefix(action)]) for action in needed)


def _why_not(statement: Statement) -> str | None:
    if statement.not_action:
        return "it allows all but what it names (NotAction)"
    for action in statement.actions:
        if action.lower() == API_GATEWAY.lower():
            if not set(statement.resources) <= _api_gateway_resources():
                return f"{action} is allowed where API keys are"
            continue
        if action in _shipped():
            continue
        if not _READING_VERB.match(action.partition(":")[2]):
            return f"{action} does not begin like a read"
        known = _known().get(_prefix(action), {}).items()
        meant = [(one, effect) for one, effect in known if action_matches(action, one)]
        if not meant:
            return f"{action} means no action that is known to read"
        if wrong := next((one for one, effect in meant if effect not in _LOOKS), None):
            return f"{action} includes {wrong}, which is no plain list or read"
    return None


def _prefix(action: str) -> str:
    return action.partition(":")[0].lower()


@lru_cache(maxsize=1)
def _shipped() -> frozenset[str]:
    """The patterns of this version's policies, which a test holds against all actions that AWS documents."""
    statements = [one for document in policies().values() for one in document["Statement"]]
    return frozenset(action for one in statements if one["Resource"] == "*" for action in one["Action"])


@lru_cache(maxsize=1)
def _known() -> Mapping[str, Mapping[str, Effect]]:
    """By prefix every action that an operation needs, with the severest level of those that need it alone."""
    found: dict[str, dict[str, Effect]] = defaultdict(dict)
    order = {effect: rank for rank, effect in enumerate(Effect)}
    for service in services():
        for level in levels_of(service).values():
            for action in level.actions if len(level.actions) == 1 else ():
                known = found[_prefix(action)]
                known[action] = max(known.get(action, Effect.LIST), level.effect, key=order.__getitem__)
    return MappingProxyType(found)


@lru_cache(maxsize=64)
def _patterns(name: str) -> Mapping[str, tuple[str, ...]]:
    """A policy's patterns by service prefix."""
    found: dict[str, list[str]] = defaultdict(list)
    for statement in policies()[name]["Statement"]:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            found[_prefix(action)].append(action)
    return MappingProxyType({prefix: tuple(patterns) for prefix, patterns in found.items()})


@lru_cache(maxsize=1)
def _api_gateway_resources() -> frozenset[str]:
    statements = [one for document in policies().values() for one in document["Statement"]]
    return frozenset(one for each in statements if each["Action"] == API_GATEWAY for one in each["Resource"])
