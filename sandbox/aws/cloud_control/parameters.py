"""The parameters of Cloud Control's operations: checked by its model, and read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.utils import get_service_model

from sandbox.aws.cloud_control.schemas import Model, ResourceType, problems, values
from sandbox.aws.cloud_control.shapes import lower_first
from sandbox.aws.protocol.errors import AwsError


def check(operation: str, params: Mapping[str, Any]) -> None:
    """Raise ValidationException for a parameter that is missing, too long or of the wrong form."""
    shape = get_service_model("cloudcontrol").operation_model(operation).input_shape
    found = list(_wrong(shape, params))
    if found:
        errors = "error" if len(found) == 1 else "errors"
        raise AwsError("ValidationException", f"{len(found)} validation {errors} detected: " + "; ".join(found))


def _wrong(shape: Any, params: Mapping[str, Any]) -> Iterator[str]:
    for name, member in shape.members.items():
        value, shown = params.get(name), lower_first(name)
        if value is None:
            if name in shape.required_members:
                yield f"Value null at '{shown}' failed to satisfy constraint: Member must not be null"
            continue
        size = value if isinstance(value, int) else len(value) if isinstance(value, str) else None
        limits = member.metadata
        if size is not None and not limits.get("min", size) <= size <= limits.get("max", size):
            yield f"Value at '{shown}' failed to satisfy constraint: Member must have length or value within limits"
        pattern = limits.get("pattern")
        if pattern and isinstance(value, str) and not re.fullmatch(pattern, value):
            yield f"Value at '{shown}' failed to satisfy constraint: Member must satisfy pattern: {pattern}"


def parsed(name: str, text: str) -> Model:
    """A parameter that is a JSON object."""
    try:
        model = json.loads(text)
    except ValueError as error:
        raise AwsError("ValidationException", f"{name} is not valid JSON.") from error
    if not isinstance(model, dict):
        raise AwsError("ValidationException", f"{name} is not a JSON object.")
    return model


def desired_state(kind: ResourceType, text: str) -> Model:
    """The properties of a resource that shall be made. Raises ValidationException where the schema forbids them."""
    model = parsed("DesiredState", text)
    given = [f"/properties/{'/'.join(one)}" for one in kind.read_only if any(True for _ in values(model, one))]
    if given:
        raise AwsError("ValidationException", f"Encountered readOnlyProperties in the model: [{', '.join(given)}]")
    require_valid(kind, model)
    return model


def require_valid(kind: ResourceType, model: Model) -> None:
    """Raise ValidationException, with everything that is wrong."""
    if found := problems(kind, model):
        raise AwsError("ValidationException", f"Model validation failed ({chr(10).join(found)})")


def identifier(kind: ResourceType, text: str) -> str:
    """The primary identifier, which may also be JSON, in its form with "|"."""
    if text.startswith("{"):
        given = {name.removeprefix("/properties/"): str(value) for name, value in parsed("Identifier", text).items()}
        if set(given) != set(kind.identifier):
            raise AwsError("ValidationException", f"Identifier must have exactly {', '.join(kind.identifier)}.")
        return "|".join(given[name] for name in kind.identifier)
    if text.count("|") + 1 != len(kind.identifier) and len(kind.identifier) > 1:
        raise AwsError(
            "ValidationException", f"Identifier {text} is not valid for identifier [{', '.join(kind.identifier)}]"
        )
    return text


def require_narrowed(kind: ResourceType, model: Model) -> None:
    """Raise InvalidRequestException where a list needs properties that the model lacks."""
    missing = [f"#: required key [{name}] not found" for name in kind.lists_by if name not in model]
    if missing:
        raise AwsError(
            "InvalidRequestException",
            f"Missing or invalid ResourceModel property in {kind.name} list handler request input. "
            f"Required property:  ({chr(10).join(missing)})",
        )
