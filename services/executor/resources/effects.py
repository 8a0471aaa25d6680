"""Whether a change of a resource's properties changes permissions; the one place where that is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from shared.messages import Effect
from shared.resource_types.models import ResourceType

Properties = Mapping[str, JsonValue]


def effect_of(kind: ResourceType, before: Properties, after: Properties) -> Effect:
    """PERMISSIONS where what the change adds says who may do or reach what, else WRITE."""
    return Effect.PERMISSIONS if kind.service == "IAM" else Effect.WRITE


def policies_of(kind: ResourceType, after: Properties) -> list[dict[str, Any]]:
    """The policies among the properties, as `Operation.policies_of` gives them."""
    return []
