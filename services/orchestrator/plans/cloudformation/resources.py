"""Steps on resources of any type: they are what CloudFormation has, up to what AWS sets and what is secret."""

from __future__ import annotations

from pydantic import JsonValue

from services.orchestrator.plans.cloudformation.template import (
    Made,
    Properties,
    Resource,
    Template,
    attribute,
    in_region,
    ref,
)
from shared.errors import NotFound
from shared.plans.step import Step
from shared.resource_types.catalogue import resource_type
from shared.resource_types.models import ResourceType
from shared.resource_types.paths import Place


def create(template: Template, step: Step, values: Properties) -> None:
    """`create_aws_resource`."""
    given = values.get("properties")
    if not isinstance(values["type_name"], str) or not isinstance(given, dict) or _is_function(given):
        template.note(step.id, "its type or properties come from another step.")
        return
    try:
        kind = resource_type(values["type_name"])
    except NotFound:
        template.note(step.id, f"{values['type_name']} is no resource type that is known any more.")
        return
    properties = kind.read_only.without(given)
    logical_id = template.logical_id(kind.name.rpartition("::")[2], step.id)
    resource = Resource(
        logical_id=logical_id,
        type_name=kind.name,
        properties=_without_secrets(template, kind, logical_id, properties),
        step=step.id,
        holds_data=kind.holds_data,
        needs=step.needs,
    )
    template.add(resource)
    template.made[step.id] = made_of(resource, kind)


def made_of(resource: Resource, kind: ResourceType) -> Made:
    """What a later step takes from the result: the identifier, or a property."""

    def value_of(path: tuple[str, ...]) -> JsonValue:
        if path == ("identifier",):
            return ref(resource)
        if path == ("region",):
            return in_region()
        if path == ("type_name",):
            return kind.name
        return _property(resource, kind, path[1:]) if path[:1] == ("properties",) else None

    return Made(resource, value_of)


def update(template: Template, step: Step, values: Properties, raw: JsonValue) -> None:
    """`update_aws_resource`: of a resource of the same plan it becomes part of that one; `raw` names it."""
    of = target(template, raw, str(values.get("type_name", "")))
    changes = values.get("changes")
    if of is None or not isinstance(changes, dict):
        template.note(step.id, "it changes a resource that the plan did not make: import that into the stack first.")
        return
    kind = resource_type(of.resource.type_name)
    merged = merge(of.resource.properties, changes)
    of.resource.properties = _without_secrets(template, kind, of.resource.logical_id, kind.read_only.without(merged))
    template.made[step.id] = of


def target(template: Template, raw: JsonValue, type_name: str) -> Made | None:
    """The resource of this plan that an identifier names: by reference, or by the name it was given."""
    if isinstance(raw, dict):
        return template.of_reference(raw)
    for made in template.made.values():
        names = resource_type(made.resource.type_name).primary_identifier
        same = len(names) == 1 and made.resource.properties.get(names[0]) == raw
        if same and made.resource.type_name == type_name:
            return made
    return None


def merge(value: JsonValue, changes: Properties) -> Properties:
    """A JSON merge patch (RFC 7396), as the step sends it."""
    made = dict(value) if isinstance(value, dict) else {}
    for name, item in changes.items():
        if item is None:
            made.pop(name, None)
        else:
            made[name] = merge(made.get(name), item) if isinstance(item, dict) and not _is_function(item) else item
    return made


def _is_function(value: Properties) -> bool:
    return len(value) == 1 and ("Ref" in value or "Fn::GetAtt" in value)


def _property(resource: Resource, kind: ResourceType, path: tuple[str, ...]) -> JsonValue:
    if not path:
        return None
    if kind.read_only.covers(path):
        return attribute(resource, ".".join(path))
    if kind.primary_identifier == ("/".join(path),):
        return ref(resource)
    value: JsonValue = resource.properties
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _without_secrets(template: Template, kind: ResourceType, logical_id: str, properties: Properties) -> Properties:
    """Each secret text is a parameter that is never shown."""

    def hidden(value: JsonValue, place: Place) -> JsonValue:
        if isinstance(value, dict) and not _is_function(value):
            return {name: hidden(item, (*place, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [hidden(item, (*place, number)) for number, item in enumerate(value)]
        if not isinstance(value, str) or value.startswith("{{resolve:") or not kind.secret.covers(place):
            return value
        path = ".".join(map(str, place))
        return template.parameter(f"{logical_id} {path}", f"{path} of the {kind.name}: a secret.", NoEcho=True)

    return {name: hidden(value, (name,)) for name, value in properties.items()}
