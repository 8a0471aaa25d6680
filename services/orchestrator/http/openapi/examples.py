"""An example of every body, composed from the examples of its fields (`glossary.py`): none can be out of date."""

from __future__ import annotations

from typing import Any

_JSON = "application/json"
_DEPTH = 12
_SELDOM = ("sandbox", "error", "retryable", "cut", "unreadable", "unreadable_plan")


def add(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give the operation's JSON body and answers an example each, where they have none."""
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for body in bodies:
        content = body.get("content", {}).get(_JSON)
        if content is not None and "example" not in content and "examples" not in content and content.get("schema"):
            content["example"] = compose(content["schema"], schemas)


def compose(schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
    """A value that fits the schema."""
    if found := schema.get("examples"):
        return found[0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "$ref" in schema:
        return compose(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth + 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return compose(schema[choice][0], schemas, depth + 1)
    return _by_type(schema, schemas, depth)


def _by_type(schema: dict[str, Any], schemas: dict[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        parts = schema.get("properties", {})
        return {name: compose(part, schemas, depth + 1) for name, part in parts.items() if _shown(name, schema)}
    if kind == "array":
        return [compose(schema["items"], schemas, depth + 1)] if schema.get("items") and depth < _DEPTH else []
    if "default" in schema:
        return schema["default"]
    return {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}.get(str(kind), {})


def _shown(name: str, schema: dict[str, Any]) -> bool:
    """An example is of the usual case: without what is there in a failure, in a sandbox or for old clients only."""
    return name in schema.get("required", []) or name not in _SELDOM
