"""Make a resource of any type that AWS Cloud Control API manages, tagged with the plan that made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

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
from services.executor.registry.operation import UNKNOWN, Undo
from services.executor.resources import drift, state
from services.executor.resources.checking import refuse_new
from services.executor.resources.desired import check_tags, identifier_of, is_known, tagged, tags_of
from services.executor.resources.effects import effect_of, policies_of, tell
from services.executor.resources.kinds import kind_for, refuse_secrets
from services.executor.resources.known import known_of
from services.executor.resources.needs import needs, own_arns
from services.executor.resources.present import questions, waited_for
from services.executor.resources.requests import CREATE, Change, carry_out
from services.executor.resources.state import resource_state
from shared.errors import Conflict
from shared.messages import Effect, Message
from shared.resource_types.catalogue import resource_type
from shared.resource_types.models import ResourceType
from shared.text.plain import named

Properties = Mapping[str, JsonValue]


class CreatedResource(Message):
    """`identifier` is Cloud Control's; `properties` are as AWS had them once it was made, without secrets.

    Where AWS did not let them be read they are as they were asked for.
    """

    type_name: str
    identifier: str
    region: str
    properties: dict[str, JsonValue]


def _check(type_name: str, properties: dict[str, JsonValue], region: str | None, location: Location) -> list[str]:
    where = region or location.region
    check_region(where, location.partition)
    kind = kind_for(type_name, "create")
    refuse_secrets(kind, properties, "properties")
    check_tags(kind, properties)
    problems = refuse_new(type_name, properties, where)
    return [f"{one.path or 'The properties'}: {one.message}." for one in problems if not one.certain]


def _declares(type_name: str, properties: dict[str, JsonValue], region: str | None, location: Location) -> Declared:
    where = region or location.region
    kind = kind_for(type_name, "create")
    identifier = identifier_of(kind, properties)
    known = known_of(kind, properties, None, location, where)
    called = f" {named(identifier)}" if identifier and is_known(identifier) else ""
    return Declared(
        effect=effect_of(kind.name, properties),
        title=f"Create the {kind.name}{called} in {named(where)}",
        permissions=(),
        likely=needs(kind, ("create", "read"), known),
        changes=own_arns(kind, "create", known),
        reversible="yes",
        undo_note="only while nobody has changed it" + ("; data put into it is lost" if kind.holds_data else ""),
        expects={
            "region": where,
            "identifier": identifier or UNKNOWN,
            "properties": _expected(kind, properties),
        },
    )


def _expected(kind: ResourceType, properties: Properties) -> dict[str, JsonValue]:
    """The properties as they are known before, with a stand-in for what AWS sets."""
    expected: dict[str, JsonValue] = state.shown(kind, properties)
    for path in (*kind.primary_identifier, *kind.read_only.paths):
        if "*" in path:
            continue
        *outer, last = path.split("/")
        held: Any = expected
        for name in outer:
            held = held.setdefault(name, {}) if isinstance(held, dict) else None
        if isinstance(held, dict):
            held.setdefault(last, UNKNOWN)
    return expected


def _facts(type_name: str, properties: dict[str, JsonValue], region: str | None, location: Location) -> list[Question]:
    return questions(type_name, identifier_of(resource_type(type_name), properties), region, location)


def _rule(state: AccountState, type_name: str, properties: dict[str, JsonValue], region: str | None) -> None:
    identifier = identifier_of(resource_type(type_name), properties)
    tell(state, type_name, properties, None)
    state.becomes(Becomes(type_name, region or state.location.region, None, properties))
    if is_known(identifier):
        about = (type_name, str(identifier), region or state.location.region)
        state.must_be_free(f"the {type_name} {identifier}", resource_state, *about)
        state.put(resource_state, *about, value=dict(properties))


def _policies(type_name: str, properties: dict[str, JsonValue]) -> list[dict[str, Any]]:
    return policies_of(type_name, properties)


def _requests(
    type_name: str, properties: dict[str, JsonValue], region: str | None, tags: Mapping[str, str]
) -> list[Request]:
    return [_request(resource_type(type_name), properties, region, tags)]


def _request(kind: ResourceType, properties: Properties, region: str | None, marks: Mapping[str, str]) -> Request:
    desired = json.dumps(tagged(kind, properties, marks), sort_keys=True)
    return Request("cloudcontrol", CREATE, {"TypeName": kind.name, "DesiredState": desired}, region)


def _undo(result: Mapping[str, Any]) -> dict[str, JsonValue] | None:
    if not result.get("identifier") or not result.get("properties"):
        return None
    return {name: result[name] for name in ("type_name", "identifier", "region")}


@operation(
    effect=Effect.WRITE,
    title="Create the {type_name}",
    iam={f"cloudformation:{name}": ("*",) for name in ("CreateResource", "GetResource", "GetResourceRequestStatus")},
    check=_check,
    requests=_requests,
    conflicts=Conflicts(facts=_facts, rule=_rule),
    declares=_declares,
    policies=_policies,
    deletes=False,
    reversible="yes",
    undo=Undo("delete_aws_resource", _undo),
    drift=drift.of_create,
    compares=drift.COMPARES,
    slow=True,
)
def create_aws_resource(
    context: OperationContext, type_name: str, properties: dict[str, JsonValue], region: str | None = None
) -> CreatedResource:
    """Create an AWS resource of any type that Cloud Control manages: a queue, a topic, a table, a VPC, a database …

    describe_resource_type says which properties a type has. Secrets are never among them: name one by its ARN.

    Args:
        type_name: CloudFormation's name of the type, such as AWS::SQS::Queue.
        properties: The properties as in a CloudFormation template, without intrinsic functions.
        region: Region it is made in; the session's when left out.
    """
    kind = kind_for(type_name, "create")
    where = region or context.aws.info.region
    request = _request(kind, properties, where, context.tags)
    given = identifier_of(kind, properties)

    def look() -> Observation:
        if given is None:
            return Unclear(f"by its properties alone it cannot be told whether the {type_name} is there")
        now = state.read(context.aws_now(), type_name, given, where)
        if now is None:
            return NotYet()
        ours = kind.tagging is not None and tags_of(kind, now).items() >= context.tags.items()
        return Happened({"identifier": given}) if ours else Unclear(f"there is a {type_name} {given}, not by this plan")

    def check_free() -> None:
        if given is not None and state.read(context.aws_now(), type_name, given, where) is not None:
            raise Conflict(
                f"the {type_name} {given} exists already; this plan did not make it, choose another name",
                code="aws_already_exists",
            )

    def nothing_left(identifier: str | None) -> bool:
        return identifier is None or state.read(context.aws_now(), type_name, identifier, where) is None

    minutes = kind.handlers["create"].minutes
    made = carry_out(
        context, Change(request, f"AWS to create the {type_name}", look, minutes, check_free, nothing_left)
    )
    identifier = made or given
    if identifier is None:
        raise Conflict(f"AWS does not say which {type_name} it made; look at AWS", code="world_moved_on")

    found = as_left(lambda: waited_for(context, type_name, identifier, where), None) or tagged(
        kind, properties, context.tags
    )
    return CreatedResource(type_name=type_name, identifier=identifier, region=where, properties=state.kept(kind, found))
