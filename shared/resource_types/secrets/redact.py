"""Properties with their secrets taken out, for pages, logs and answers."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from shared.resource_types.catalogue import resource_type
from shared.resource_types.paths import PropertyPaths

HIDDEN = "(not shown)"


def secret_paths(type_name: str) -> PropertyPaths:
    """The properties of a type that must not be shown or logged. Raises NotFound `unknown_resource_type`."""
    return resource_type(type_name).secret


def redact(type_name: str, properties: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A copy in which every secret is `HIDDEN`. Raises NotFound `unknown_resource_type`."""
    return secret_paths(type_name).replaced(properties, lambda _: HIDDEN)
