"""Delete a resource of any type that AWS Cloud Control API manages; what it was is recorded, to make one like it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import JsonValue

from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.calls.request import Request
from services.executor.registry.account_state import AccountState, Becomes, Conflicts
from services.executor.registry.contexts import OperationContext
from services.executor.registry.declaration import operation
from services.executor.registry.declared import Declared
from services.executor.registry.facts import Question
from services.executor.registry.location import Location, check_region
from services.executor.registry.operation import UNKNOWN, Undo
from services.executor.resources import drift, shown_changes, state
from services.executor.resources.desired import is_known, keeps_identifier, not_recorded, recorded
from services.executor.resources.effects import effect_of, tell
from services.executor.resources.kinds import kind_for
from services.executor.resources.known import known_of
from services.executor.resources.needs import needs, own_arns
from services.executor.resources.present import existing, questions, refuse_changed, waited_for
from services.executor.resources.requests import DELETE, Change, carry_out
from services.executor.resources.state import must_exist, resource_state
from shared.messages import Effect, Message
from shared.resource_types.catalogue import resource_type
from shared.resource_types.models import ResourceType
from shared.text.plain import named


class DeletedResource(Message):
    """`properties` make one like it; empty where that cannot be."""

    type_name: str
    identifier: str
    region: str
    properties: dict[str, JsonValue]
    deleted: Literal[True] = True


def _check(type_name: str, region: str | None, location: Location) -> None:
    check_region(region or location.region, location.partition)
    kind_for(type_name, "delete")


def _declares(type_name: str, identifier: str, region: str | None, location: Location) -> Declared:
    where = region or location.region
    kind = kind_for(type_name, "delete")
    known = known_of(kind, {}, identifier, location, where)
    lost = not_recorded(kind)
    return Declared(
        effect=effect_of(kind.name, None, {}),
        title=f"Delete the {kind.name} {named(identifier)} in {named(where)}",
        permissions=(),
        likely=needs(kind, ("delete", "read"), known),
        changes=own_arns(kind, "delete", known),
        deletes=True,
        holds_data=identifier if kind.holds_data else None,
        reversible="no" if lost else "partly",
        undo_note="" if lost else _what_comes_back(kind),
        expects={"region": where, "properties": _expected(kind, identifier)},
    )


def _expected(kind: ResourceType, identifier: str) -> dict[str, JsonValue]:
    """What will be recorded, as far as it is known before: what undoing needs permissions for follows from it."""
    known: dict[str, JsonValue] = dict.fromkeys(kind.required or kind.primary_identifier[:1], UNKNOWN)
    for name, value in zip(kind.primary_identifier, identifier.split("|"), strict=False):
        if not kind.read_only.covers((name,)):
            known[name] = value
    return known


def _what_comes_back(kind: ResourceType) -> str:
    """What undoing makes, and what it cannot."""
    without = [*(["the data that it held"] if kind.holds_data else []), *(["secrets"] if kind.secret else [])]
    unread = "what AWS never reads back" if kind.write_only else ""
    left = " and ".join([*without, *([unread] if unread else [])])
    made_anew = "a new one with the properties that it had" + (f", without {left}" if left else "")
    return made_anew if keeps_identifier(kind) else f"{made_anew}; AWS gives it another identifier"


def _facts(type_name: str, identifier: str, region: str | None, location: Location) -> list[Question]:
    return questions(type_name, identifier, region, location)


def _rule(state: AccountState, type_name: str, identifier: str, region: str | None) -> None:
    if not is_known(identifier):
        return
    about = (type_name, identifier, region or state.location.region)
    must_exist(state, resource_type(type_name), identifier, about[2])
    now = state.get(resource_state, *about)
    if now is not None:
        tell(state, type_name, None, now)
        state.show(shown_changes.of_delete(resource_type(type_name), now))
        state.becomes(Becomes(type_name, about[2], now, None, identifier))
    state.put(resource_state, *about, value=None)


def _requests(type_name: str, identifier: str, region: str | None) -> list[Request]:
    return [Request("cloudcontrol", DELETE, {"TypeName": type_name, "Identifier": identifier}, region)]


def _undo(result: Mapping[str, Any]) -> dict[str, JsonValue] | None:
    type_name = result.get("type_name")
    if not type_name or not result.get("properties") or not_recorded(resource_type(str(type_name))):
        return None
    return {name: result[name] for name in ("type_name", "properties", "region")}


@operation(
    effect=Effect.WRITE,
    title="Delete the {type_name} {identifier}",
    iam={f"cloudformation:{name}": ("*",) for name in ("DeleteResource", "GetResource", "GetResourceRequestStatus")},
    check=_check,
    requests=_requests,
    conflicts=Conflicts(facts=_facts, rule=_rule),
    declares=_declares,
    deletes=True,
    reversible="partly",
    undo=Undo("create_aws_resource", _undo),
    drift=drift.of_delete,
    compares="whether there is one of its identifier",
    slow=True,
)
def delete_aws_resource(
    context: OperationContext, type_name: str, identifier: str, region: str | None = None
) -> DeletedResource:
    """Delete an AWS resource of any type that Cloud Control manages. What it was is recorded, its data is not.

    Args:
        type_name: CloudFormation's name of the type, such as AWS::SQS::Queue.
        identifier: Cloud Control's identifier of the resource: the values of its primary identifier, joined by "|".
        region: Region it is in; the session's when left out.
    """
    kind = kind_for(type_name, "delete")
    where = region or context.aws.info.region

    def read() -> dict[str, JsonValue] | None:
        return state.read(context.aws_now(), type_name, identifier, where)

    def there() -> dict[str, Any]:
        found = existing(waited_for(context, type_name, identifier, where), type_name, identifier)
        shown_changes.check(kind, found, context.shown)
        return {"state": state.kept(kind, found)}

    prior = context.calls.remember("prior", there)

    def look() -> Observation:
        now = read()
        if now is None:
            return Happened({"identifier": identifier})
        if state.changed_paths(kind, prior["state"], now):
            return Unclear(f"there is a {type_name} {identifier}, and it is not as the one was that was to be deleted")
        return NotYet()

    def unchanged() -> None:
        now = read()
        if now is not None and prior["state"]:
            refuse_changed(kind, identifier, prior["state"], now)

    [request] = _requests(type_name, identifier, where)
    carry_out(
        context,
        Change(request, f"AWS to delete the {type_name}", look, kind.handlers["delete"].minutes, unchanged),
    )
    return DeletedResource(
        type_name=type_name, identifier=identifier, region=where, properties=recorded(kind, prior["state"])
    )
