"""What a change of a resource's properties does to permissions; the one place where that is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from services.executor.registry.account_state import AccountState
from services.executor.resources.merge import merged
from shared.messages import Effect
from shared.protections.weakening import of_resource
from shared.resource_types.paths import PropertyPaths
from shared.resource_types.permissions.changes import permission_changes, permission_properties

Properties = Mapping[str, JsonValue]


def effect_of(type_name: str, after: Properties | None, before: Properties | None = None) -> Effect:
    """PERMISSIONS where the change says who may do or reach what, else WRITE."""
    return Effect.PERMISSIONS if permission_changes(type_name, after, before).changes else Effect.WRITE


def effect_of_changes(type_name: str, changes: Properties) -> Effect:
    """The same of a merge patch for a resource of which nothing else is known: to take a protection away counts too."""
    about = permission_properties(type_name)
    for place in _removed(changes):
        path = "/".join(place)
        if PropertyPaths(about).covers(place) or any(one.startswith(f"{path}/") for one in about):
            return Effect.PERMISSIONS
    return effect_of(type_name, merged({}, changes))


def _removed(changes: Properties, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in changes.items():
        if value is None:
            yield (*place, name)
        elif isinstance(value, dict):
            yield from _removed(value, (*place, name))


def policies_of(type_name: str, after: Properties) -> list[dict[str, Any]]:
    """The policies that the change puts in place, as `Operation.policies_of` gives them."""
    return [dict(policy) for policy in permission_changes(type_name, after).policies]


def tell(state: AccountState, type_name: str, after: Properties | None, before: Properties | None) -> None:
    """Put on the plan what a person has to see of a change of permissions, and of protections."""
    found = permission_changes(type_name, after, before, account=state.location.account)
    for finding in (*found.findings, *of_resource(type_name, after, before)):
        state.add_finding(finding.code, finding.severity, finding.message, finding.path)
