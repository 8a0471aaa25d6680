"""Change properties of a resource of any type that AWS Cloud Control API manages, in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import JsonValue

from services.executor.calls.afterwards import as_left
from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.calls.request import Request
from services.executor.registry.account_state import AccountState, Becomes, Conflicts
from services.executor.registry.contexts import OperationContext
from services.executor.registry.declaration import operation
from services.executor.registry.declared import Declared
from services.executor.registry.facts import Question
from services.executor.registry.location import Location, check_region
from services.executor.registry.operation import Undo
from services.executor.resources import drift, shown_changes, state
from services.executor.resources.checking import refuse_update
from services.executor.resources.desired import (
    check_tags,
    is_known,
    with_reserved_tags,
    without_reserved_tags,
)
from services.executor.resources.effects import effect_of_changes, policies_of, tell
from services.executor.resources.kinds import kind_for, refuse_secrets
from services.executor.resources.known import known_of
from services.executor.resources.merge import Difference, at, differences, inverse, merged
from services.executor.resources.needs import needs, own_arns
from services.executor.resources.patch import patch_document
from services.executor.resources.present import existing, questions, refuse_changed, waited_for
from services.executor.resources.requests import UPDATE, Change, carry_out
from services.executor.resources.state import must_exist, resource_state
from shared.errors import Conflict, InvalidArguments
from shared.messages import Effect, Message
from shared.resource_types.catalogue import resource_type
from shared.resource_types.models import ResourceType
from shared.resource_types.paths import Place, PropertyPaths
from shared.text.plain import named

Properties = Mapping[str, JsonValue]


class UpdatedResource(Message):
    """`properties` are as AWS had them after the change, without secrets; `restores` changes them back.

    Where AWS did not let them be read they are as they should be.
    """

    type_name: str
    identifier: str
    region: str
    properties: dict[str, JsonValue]
    restores: dict[str, JsonValue]


def _check(
    type_name: str, identifier: str, changes: dict[str, JsonValue], region: str | None, location: Location
) -> tuple[str, ...]:
    check_region(region or location.region, location.partition)
    kind = kind_for(type_name, "update")
    refuse_secrets(kind, changes, "changes")
    check_tags(kind, changes)
    if not changes:
        raise InvalidArguments("changes: names no property")
    set_by_aws = [".".join(map(str, place)) for place, _ in kind.read_only.find(changes)]
    if set_by_aws:
        raise InvalidArguments(
            f"changes: {', '.join(set_by_aws)}: AWS sets it, leave it out", code="invalid_properties"
        )
    unread = {path.partition("/")[0] for path in kind.write_only.paths if not kind.create_only.covers((path,))}
    at_risk = sorted(unread - {*changes})
    if not at_risk:
        return ()
    return (
        f"AWS never reads {', '.join(at_risk)} back, or parts of it, and may drop what an update does not give again.",
    )


def _declares(
    type_name: str, identifier: str, changes: dict[str, JsonValue], region: str | None, location: Location
) -> Declared:
    where = region or location.region
    kind = kind_for(type_name, "update")
    known = known_of(kind, changes, identifier, location, where)
    lost = [place for place in _leaves(changes) if kind.write_only.covers(place) or kind.secret.meets(place)]
    reversible: Literal["yes", "partly", "no"] = "yes"
    if lost:
        reversible = "no" if len(lost) == len(list(_leaves(changes))) else "partly"
    names = ", ".join(sorted(".".join(map(str, place)) for place in lost))
    return Declared(
        effect=effect_of_changes(kind.name, changes),
        title=f"Change {named(', '.join(changes))} of the {kind.name} {named(identifier)} in {named(where)}",
        permissions=(),
        likely=needs(kind, ("read", "update"), known),
        changes=own_arns(kind, "update", known_of(kind, {}, identifier, location, where)),
        reversible=reversible,
        undo_note="only while nobody has changed it since" + (f"; without {names}" if names else ""),
        expects={"region": where},
    )


def _leaves(changes: Properties, place: Place = ()) -> Iterator[Place]:
    for name, value in changes.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*place, name))
        else:
            yield (*place, name)


def _facts(type_name: str, identifier: str, region: str | None, location: Location) -> list[Question]:
    return questions(type_name, identifier, region, location)


def _rule(
    state: AccountState, type_name: str, identifier: str, changes: dict[str, JsonValue], region: str | None
) -> None:
    kind = resource_type(type_name)
    about = (type_name, identifier, region or state.location.region)
    if not is_known(identifier):
        tell(state, type_name, merged({}, changes), None)
        state.show(shown_changes.of_unknown(kind, changes))
        return
    if not state.knows(resource_state, *about):
        raise Conflict(
            f"the {type_name} {identifier} could not be read, so that nobody could see what would change: "
            f"{state.why_unread(resource_state, *about)}",
            code="state_unreadable",
        )
    must_exist(state, kind, identifier, about[2])
    now: dict[str, JsonValue] = state.get(resource_state, *about) or {}
    changes = with_reserved_tags(kind, now, changes)
    after = merged(now, changes)
    refuse_update(type_name, now, after, about[2], later=True)
    shown = shown_changes.of_update(kind, now, changes)
    if not shown:
        raise Conflict(f"the {type_name} {identifier} has these properties already", code="nothing_to_change")
    tell(state, type_name, after, now)
    state.show(shown)
    state.becomes(Becomes(type_name, about[2], now, after, identifier))
    state.put(resource_state, *about, value=after)


def _policies(type_name: str, changes: dict[str, JsonValue]) -> list[dict[str, Any]]:
    return policies_of(type_name, merged({}, changes))


def _requests(type_name: str, identifier: str, changes: dict[str, JsonValue], region: str | None) -> list[Request]:
    return [_request(type_name, identifier, region, list(differences({}, changes)))]


def _request(type_name: str, identifier: str, region: str | None, changes: list[Difference]) -> Request:
    parameters = {"TypeName": type_name, "Identifier": identifier, "PatchDocument": patch_document(changes)}
    return Request("cloudcontrol", UPDATE, parameters, region)


def _undo(result: Mapping[str, Any]) -> dict[str, JsonValue] | None:
    if not result.get("type_name") or not result.get("identifier"):
        return None
    # Before it has run it is not known what was there: then only the permissions of undoing are asked for.
    if result.get("properties") and not result.get("restores"):
        return None
    return {name: result[name] for name in ("type_name", "identifier", "region")} | {"changes": result["restores"]}


@operation(
    effect=Effect.WRITE,
    title="Change the {type_name} {identifier}",
    iam={f"cloudformation:{name}": ("*",) for name in ("GetResource", "GetResourceRequestStatus", "UpdateResource")},
    check=_check,
    requests=_requests,
    conflicts=Conflicts(facts=_facts, rule=_rule),
    declares=_declares,
    policies=_policies,
    deletes=False,
    reversible="yes",
    undo=Undo("update_aws_resource", _undo),
    drift=drift.of_update,
    compares=drift.COMPARES,
    slow=True,
)
def update_aws_resource(
    context: OperationContext,
    type_name: str,
    identifier: str,
    changes: dict[str, JsonValue],
    region: str | None = None,
) -> UpdatedResource:
    """Change properties of an AWS resource in place; the plan shows each as it is now and as it becomes.

    Args:
        type_name: CloudFormation's name of the type, such as AWS::SQS::Queue.
        identifier: Cloud Control's identifier of the resource: the values of its primary identifier, joined by "|".
        changes: A JSON merge patch: only what changes; null removes a property, a list is given whole.
        region: Region it is in; the session's when left out.
    """
    kind = kind_for(type_name, "update")
    where = region or context.aws.info.region

    def read() -> dict[str, JsonValue]:
        return existing(state.read(context.aws_now(), type_name, identifier, where), type_name, identifier)

    def there() -> dict[str, Any]:
        found = existing(waited_for(context, type_name, identifier, where), type_name, identifier)
        shown_changes.check(kind, found, context.shown)
        after = merged(found, with_reserved_tags(kind, found, changes))
        refuse_update(type_name, found, after, where, later=False)
        gone = [place for place in shown_changes.secrets_removed(kind, changes) if at(found, place) is not None]
        return {"state": state.shown(kind, found), "secrets_removed": gone}

    recorded = context.calls.remember("prior", there)
    prior: dict[str, JsonValue] = recorded["state"]
    wanted = with_reserved_tags(kind, prior, changes)
    found = list(shown_changes.readable(kind, differences(prior, wanted)))
    found += [Difference(tuple(place), None, None) for place in recorded.get("secrets_removed", ())]

    def look() -> Observation:
        now = read()
        left = [one for one in differences(now, wanted) if not _is_unread(kind, one.place)]
        if not left and any(not _is_unread(kind, one.place) for one in found):
            return Happened({"identifier": identifier})
        if left and not state.changed_paths(kind, prior, now):
            return NotYet()
        return Unclear(f"by the {type_name} {identifier} it cannot be told whether this step has changed it")

    def unchanged() -> None:
        refuse_changed(kind, identifier, prior, read())

    if found:
        request = _request(type_name, identifier, where, found)
        minutes = kind.handlers["update"].minutes
        carry_out(context, Change(request, f"AWS to change the {type_name}", look, minutes, unchanged))
    back = without_reserved_tags(kind, inverse(prior, wanted))
    return UpdatedResource(
        type_name=type_name,
        identifier=identifier,
        region=where,
        properties=state.kept(kind, as_left(lambda: context.calls.read(read), merged(prior, wanted))),
        restores=_readable(kind, PropertyPaths((*kind.write_only.paths, *kind.secret.paths)).without(back)),
    )


def _readable(kind: ResourceType, back: Properties, place: Place = ()) -> dict[str, JsonValue]:
    """What leads back, without values that had secrets in them: they are put back whole or not at all."""
    kept: dict[str, JsonValue] = {}
    for name, value in back.items():
        here = (*place, name)
        if isinstance(value, dict) and value:
            if inner := _readable(kind, value, here):
                kept[name] = inner
        elif not kind.secret.meets(here):
            kept[name] = value
    return kept


def _is_unread(kind: ResourceType, place: Place) -> bool:
    return kind.write_only.covers(place) or kind.secret.covers(place)
