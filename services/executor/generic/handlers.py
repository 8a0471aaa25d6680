"""Which resource type of Cloud Control an operation makes or deletes one of, by the type's own handlers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from services.executor.registry.forms.table import CREATE, DELETE
from shared.aws_operations.models import Operation
from shared.resource_types.catalogue import resource_type, type_names

_VERB = re.compile(r"^(Create|Delete|Terminate)(?=[A-Z])")


def handled(operation: Operation) -> tuple[str, str] | None:
    """The type, and the operation of ours that makes or deletes one of it; None where Cloud Control has none.

    The type is called like the operation, and its handler needs the operation's IAM action.
    """
    verb = _VERB.match(operation.name)
    if verb is None:
        return None
    handler: Literal["create", "delete"] = "create" if verb[1] == "Create" else "delete"
    noun = operation.name[verb.end() :].lower()
    # Several services share the actions of RDS: the type of the operation's own service comes first.
    own = f"::{operation.service}::"
    for name in sorted(_by_noun().get(noun, ()), key=lambda name: own not in name.lower()):
        kind = resource_type(name)
        found = kind.handlers.get(handler)
        if kind.cloud_control and found is not None and set(operation.actions) & set(found.actions):
            return name, CREATE if handler == "create" else DELETE
    return None


@lru_cache(maxsize=1)
def _by_noun() -> dict[str, list[str]]:
    """The types by the last part of their names, in lower case."""
    found: dict[str, list[str]] = {}
    for name in type_names():
        found.setdefault(name.rpartition("::")[2].lower(), []).append(name)
    return found
