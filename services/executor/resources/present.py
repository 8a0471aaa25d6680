"""The resource that a step is about as AWS has it now: waited for, and refused where somebody has changed it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from services.executor.registry.contexts import OperationContext
from services.executor.registry.facts import Question
from services.executor.registry.location import Location
from services.executor.resources.desired import is_known
from services.executor.resources.state import changed_paths, read, resource_state
from shared.errors import Conflict
from shared.resource_types.models import ResourceType


def questions(type_name: str, identifier: str | None, region: str | None, location: Location) -> list[Question]:
    """What has to be known of a resource when a plan is prepared; nothing where its identifier is not known yet."""
    if not is_known(identifier):
        return []
    return [resource_state.about(type_name, str(identifier), region or location.region)]


def waited_for(context: OperationContext, type_name: str, identifier: str, region: str) -> dict[str, JsonValue] | None:
    """The properties of a resource that AWS may not show at once, secrets among them; None where it is not there."""
    return context.calls.patiently(
        lambda: read(context.aws_now(), type_name, identifier, region),
        about=identifier,
        shows=lambda properties: properties is not None,
    )


def existing(found: dict[str, JsonValue] | None, type_name: str, identifier: str) -> dict[str, JsonValue]:
    """What was found. Raises Conflict (`missing_resource`) where that is nothing."""
    if found is None:
        raise Conflict(f"there is no {type_name} {identifier}", code="missing_resource")
    return found


def refuse_changed(
    kind: ResourceType, identifier: str, before: Mapping[str, JsonValue], now: Mapping[str, JsonValue]
) -> None:
    """Raise Conflict (`world_moved_on`) where a resource is not as it was when the step began."""
    if changed := changed_paths(kind, before, now):
        raise Conflict(
            f"somebody has changed {', '.join(changed)} of the {kind.name} {identifier} since this step began;"
            " propose the plan again",
            code="world_moved_on",
        )
