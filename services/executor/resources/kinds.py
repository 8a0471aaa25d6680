"""Which resource types a plan can make, change and delete, and what of their properties a plan may hold."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from services.executor.registry.operation import UNKNOWN
from shared.errors import InvalidArguments
from shared.resource_types.catalogue import resource_type
from shared.resource_types.models import HandlerName, ResourceType
from shared.resource_types.paths import Place
from shared.resource_types.secrets.recognise import must_not_be_given
from shared.secrets import in_plans as secrets_in_plans

Properties = Mapping[str, JsonValue]
_WHAT: Mapping[HandlerName, str] = {"create": "make", "update": "change", "delete": "delete"}


def kind_for(type_name: str, handler: HandlerName) -> ResourceType:
    """The type, where Cloud Control has this handler of it.

    Raises NotFound (`unknown_resource_type`) or InvalidArguments (`resource_type_unsupported`).
    """
    kind = resource_type(type_name)
    if kind.name != type_name:
        raise InvalidArguments(f"type_name: write {kind.name}")
    if not kind.cloud_control or handler not in kind.handlers:
        only = ", it can only be replaced by another one" if handler == "update" and kind.cloud_control else ""
        raise InvalidArguments(
            f"AWS Cloud Control cannot {_WHAT[handler]} an {kind.name}{only}; search_aws_operations finds what"
            f" {kind.service}'s own API can do",
            code="resource_type_unsupported",
        )
    return kind


def refuse_secrets(kind: ResourceType, properties: Properties, argument: str) -> None:
    """Raise InvalidArguments (`secret_in_plan`) for a secret's value.

    What a type calls secret is one by its kind (a start script, a variable), by its name, or because AWS never reads
    it back; a value under a name that says so is refused. The others are looked at by their form, like all of a plan.
    """
    for place, value in kind.secret.find(properties):
        if value == UNKNOWN or value is None or not secrets_in_plans.is_literal(value):
            continue
        if is_refused(kind, place):
            raise secrets_in_plans.refusal(f"{argument}.{'.'.join(map(str, place))}", "a password or key")


def is_refused(kind: ResourceType, place: Place) -> bool:
    """Whether a plan takes no literal value at this place of a secret. What it does take, its page shows everywhere."""
    names = [part for part in place if isinstance(part, str)]
    written_only = kind.write_only.covers(place) and must_not_be_given("/".join(names))
    return written_only or any(secrets_in_plans.is_secret_name(name) for name in names)


def is_later(value: JsonValue) -> bool:
    """Whether a value is known only once a step before has run."""
    return value == UNKNOWN
