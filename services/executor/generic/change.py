"""One call of one operation of AWS that changes something, checked offline: found, its parameters as AWS takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.executor.calls.request import token_of
from services.executor.generic.table import entry_of
from services.executor.registry.location import Location, check_region
from services.executor.registry.operation import UNKNOWN
from shared.aws.answers.plain import as_json
from shared.aws.arguments.checking import check
from shared.aws.regions import home_region
from shared.aws.service_models import is_global, operation_model
from shared.aws_operations.catalogue import find
from shared.aws_operations.models import Operation
from shared.errors import Forbidden, InvalidArguments
from shared.messages import Effect

# A bucket's policy may have 20 KB; a plan is read by people, and is one message.
MAX_PARAMETERS_BYTES = 24 * 1024
_CHANGES = frozenset({Effect.WRITE, Effect.TAGGING, Effect.PERMISSIONS})
_TOKENS = frozenset({"clienttoken", "clientrequesttoken", "idempotencytoken", "uniquerequesttoken"})
# Their answers are credentials, of which nobody would see anything but that they were made.
_CREDENTIALS = frozenset({"sts", "sso-oidc", "signin", "cognito-identity", "rolesanywhere"})
# Cloud Control has operations of our own, which check, show and undo; it calls other services in the caller's name.
_OURS = {"cloudcontrol": "create_aws_resource, update_aws_resource or delete_aws_resource"}


@dataclass(frozen=True, slots=True)
class Change:
    """`parameters` are JSON, by AWS's names; `sent` are the same as botocore takes them.

    `region` is None for a service that has none. `notes` say what of the parameters was read otherwise than written.
    """

    operation: Operation
    parameters: dict[str, JsonValue]
    sent: dict[str, Any]
    region: str | None
    notes: tuple[str, ...]

    @property
    def service(self) -> str:
        return self.operation.service

    @property
    def name(self) -> str:
        return self.operation.name

    @property
    def called(self) -> str:
        """As IAM and people name it: "ec2:StopInstances"."""
        return f"{self.service}:{self.name}"

    def location(self, of: Location) -> Location:
        """Where it acts."""
        return Location(of.partition, of.account, self.region or of.region)

    def client_region(self, of: Location) -> str:
        """The region of the client that sends it."""
        return self.region or home_region(self.service, of.partition) or of.region


def read_change(
    service: str, operation: str, parameters: Mapping[str, JsonValue], region: str | None, partition: str
) -> Change:
    """The change that is meant.

    Raises NotFound (`unknown_aws_service`, `unknown_aws_operation`) with similar names, Forbidden (`not_a_change`,
    `sensitive_read`, `not_by_a_plan`) for what no such step does, and InvalidArguments with every fault of the
    parameters.
    """
    found = find(service, operation)
    refuse_others(found)
    size = len(json.dumps(dict(parameters)).encode())
    if size > MAX_PARAMETERS_BYTES:
        raise InvalidArguments(
            f"parameters: {size} bytes; {MAX_PARAMETERS_BYTES} at most: a person has to read them. Upload contents to "
            "S3 and name them there"
        )
    model = operation_model(found.service, found.name)
    checked = check(f"{found.service}:{found.name}", model.input_shape, parameters, placeholder=UNKNOWN)
    where = None if is_global(found.service, partition) else region
    if where is not None and where != UNKNOWN:
        check_region(where, partition)
    plain = as_json(checked.arguments)
    assert isinstance(plain, dict)
    return Change(found, plain, checked.arguments, where, checked.changed)


def refuse_others(operation: Operation) -> None:
    """Raise Forbidden for what is no change that a plan's step makes; nothing is sent."""
    called = f"{operation.service}:{operation.name}"
    if operation.service in _CREDENTIALS and operation.effect.is_change:
        raise Forbidden(f"{called} hands out credentials, which no plan may hold", code="not_by_a_plan")
    if operation.effect is Effect.SENSITIVE_READ:
        raise Forbidden(
            f"{called} only reads, and what it answers is secret or a person's: propose read_sensitive, whose answer "
            "the person sees and nobody else",
            code="sensitive_read",
        )
    if operation.effect not in _CHANGES:
        raise Forbidden(f"{called} changes nothing; use read_aws, which asks nobody", code="not_a_change")
    if ours := _OURS.get(operation.service):
        raise Forbidden(f"{called} is not called as such: propose {ours}", code="not_by_a_plan")
    if not operation.actions:
        raise Forbidden(
            f"{called}: AWS's data does not say which permission it needs, so that no plan can be given exactly that; "
            "do it with AWS's own tools",
            code="not_by_a_plan",
        )
    model = operation_model(operation.service, operation.name)
    if model.has_event_stream_input or model.has_event_stream_output:
        raise Forbidden(f"{called} is a conversation and no single call; no step can hold one", code="not_by_a_plan")


def request_parameters(change: Change, tags: Mapping[str, str], purpose: str) -> dict[str, Any]:
    """What is sent: with tags of the plan where the table says that the operation takes them, and with a token where
    AWS knows a repeated request by one that its model does not mark. `purpose` is the plan and step it follows from."""
    entry = entry_of(change.service, change.name, change.parameters)
    made = dict(change.sent)
    if entry is not None and entry.marks is not None:
        ours = {"ResourceType": entry.marks, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        made["TagSpecifications"] = _with_tags(made.get("TagSpecifications", []), ours)
    name = token_member(change)
    if name is not None:
        made.setdefault(name, token_of(purpose, change.called, name))
    return made


def token_member(change: Change) -> str | None:
    """The parameter by which AWS knows a repeated request where its model marks none: of the table, or by its name."""
    entry = entry_of(change.service, change.name, change.parameters)
    if entry is not None and entry.token is not None:
        return entry.token
    if change.operation.idempotency_token is not None:
        return None
    return next((one.name for one in change.operation.optional if one.name.lower() in _TOKENS), None)


def _with_tags(given: list[dict[str, Any]], ours: dict[str, Any]) -> list[dict[str, Any]]:
    """Tags of one resource stand together: AWS takes each type of resource once."""
    same = [one for one in given if one.get("ResourceType") == ours["ResourceType"]]
    others = [one for one in given if one.get("ResourceType") != ours["ResourceType"]]
    tags = [*(tag for one in same for tag in one.get("Tags", [])), *ours["Tags"]]
    return [*others, {**ours, "Tags": tags}]
