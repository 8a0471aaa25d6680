"""Properties that AWS would refuse are refused before. What checks them, jsonschema above all, is imported with the
first ones that come; no worker waits for that before it is ready."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from services.executor.resources.kinds import is_later
from shared.resource_types.problems import Problem, refuse

CHECKS = "shared.resource_types.validation.validate"
"""The module that a worker imports later, in the background (`shared/startup.py`)."""


def refuse_new(type_name: str, properties: Mapping[str, JsonValue], region: str) -> tuple[Problem, ...]:
    """What may be wrong with a new resource's properties; references to earlier steps fit everything.

    Raises InvalidArguments `invalid_properties` for what certainly is, NotFound `unknown_resource_type`.
    """
    from shared.resource_types.validation.validate import validate

    problems = validate(type_name, properties, region=region, opaque=is_later)
    refuse(type_name, problems)
    return problems


def refuse_update(
    type_name: str, before: Mapping[str, JsonValue], after: Mapping[str, JsonValue], region: str, *, later: bool
) -> None:
    """The same of a change; `later`: whether references to earlier steps may be in it."""
    from shared.resource_types.validation.validate import nothing_opaque, validate_update

    opaque = is_later if later else nothing_opaque
    refuse(type_name, validate_update(type_name, before, after, region=region, opaque=opaque))
