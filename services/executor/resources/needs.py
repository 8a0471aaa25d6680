"""Which IAM actions a step on a resource needs: Cloud Control's own for certain, those of AWS's handlers as likely.

Cloud Control acts with the caller's permissions ("forward access sessions"), so that a step's session has to allow
what AWS's handler does for the type. What a type declares of that is a start and not exact: it names what some
properties need alone, and now and then leaves out what it needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from services.executor.resources.arns import Known, arns_of, last_part, mentioned, own_arns_of, stem
from shared.resource_types.models import HandlerName, ResourceType
from shared.text.json_values import strings

Permissions = tuple[tuple[str, str], ...]
Properties = Mapping[str, JsonValue]
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*]+")


def known_of(
    kind: ResourceType, properties: Properties, identifier: str | None, location: Location, region: str
) -> Known:
    """What the properties, and the identifier where there is one, tell of the resource's ARNs."""
    given = {name: value for name, value in properties.items() if isinstance(value, str)}
    if identifier is not None:
        given |= dict(zip(kind.primary_identifier, identifier.split("|"), strict=False))
    word = kind.name.rpartition("::")[2].lower()
    told = {name: value for name, value in given.items() if value and value != UNKNOWN}
    values = {stem(name) or word: last_part(value) for name, value in told.items()}
    names = {stem(name) or word for name in told if name.lower().endswith("name")}
    texts = [text for text in strings([properties, identifier]) if text != UNKNOWN]
    return Known(
        location,
        region,
        own=frozenset({word, *(stem(name) or word for name in kind.primary_identifier)}),
        values=values,
        arns=mentioned(texts),
        incomplete=UNKNOWN in json.dumps([properties, identifier]),
        only_names=frozenset(names - {stem(name) or word for name in told if not name.lower().endswith("name")}),
    )


def needs(kind: ResourceType, handlers: Sequence[HandlerName], known: Known) -> Permissions:
    """What AWS's handlers of these names may need, each action with the narrowest resource that is known."""
    actions = dict.fromkeys(action for name in handlers for action in _actions(kind, name))
    return tuple((action, arn) for action in actions for arn in arns_of(action, known))


def own_arns(kind: ResourceType, handler: HandlerName, known: Known) -> tuple[str, ...]:
    """The ARNs of the resource itself, or a pattern that covers them; its service's where no action tells more."""
    actions = _actions(kind, handler)
    word = kind.name.rpartition("::")[2].lower()
    # What is named like the type is about it: sqs:DeleteQueue.
    for action in sorted(actions, key=lambda action: not action.lower().endswith(word)):
        if found := own_arns_of(action, known):
            return found
    services = [action.partition(":")[0] for action in actions] or [kind.service.lower()]
    here = known.location
    return (f"arn:{here.partition}:{services[0]}:{known.region}:{here.account}:*",)


def _actions(kind: ResourceType, handler: HandlerName) -> tuple[str, ...]:
    found = kind.handlers[handler].actions if handler in kind.handlers else ()
    actions = (action.partition(":") for action in found)
    written = (f"{service.lower()}:{name}" for service, _, name in actions)
    # Some types declare what is no action, such as "s3:REST.PUT.OBJECT"; IAM refuses a policy with it.
    return tuple(action for action in written if _ACTION.fullmatch(action))
