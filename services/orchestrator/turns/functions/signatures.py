"""Operations as a model reads them in `propose_plan`: a line each, with its arguments.

create_iam_role(name, policy_document: {}, permissions?: {}): Create an IAM role with a trust policy
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from services.orchestrator.turns.functions.brief import first_words
from shared.catalog import CatalogEntry

_ARTICLES = ("a", "an", "the")


def signatures(operations: Iterable[CatalogEntry]) -> str:
    """A line for each operation."""
    return "\n".join(signature(one) for one in operations)


def signature(operation: CatalogEntry) -> str:
    """`name(argument, optional?: shape): purpose`, without what the name says; without a shape it is a text."""
    required = operation.parameters.get("required", ())
    arguments = (
        name + ("" if name in required else "?") + (f": {shape}" if (shape := shape_of(schema)) else "")
        for name, schema in operation.parameters.get("properties", {}).items()
    )
    purpose = first_words(operation.brief or operation.description).split(":")[0]
    said = {*operation.name.split("_"), *_ARTICLES}.issuperset(re.findall(r"\w+", purpose.casefold()))
    return f"{operation.name}({', '.join(arguments)})" + ("" if said else f": {purpose}")


def shape_of(schema: Mapping[str, Any]) -> str:
    """`{}`, `{key, value}`, `[]` with the shape of an item, `number`, `boolean`, or `a|b`; "" for a text."""
    if "anyOf" in schema:
        return next((shape for one in schema["anyOf"] if (shape := shape_of(one))), "")
    if "enum" in schema:
        return "|".join(str(one) for one in schema["enum"])
    match schema.get("type"):
        case "object":
            return "{" + ", ".join(schema.get("properties", ())) + "}"
        case "array":
            return f"[{shape_of(schema.get('items', {}))}]"
        case "integer" | "number":
            return "number"
        case "boolean":
            return "boolean"
    return ""
