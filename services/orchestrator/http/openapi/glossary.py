"""What a field of a name means, and an example of it, wherever it occurs: `words.py` has the words.

A model says it itself (`Field(description=…, examples=[…])`) where it means something of its own.
"""

from __future__ import annotations

from typing import Any

from services.orchestrator.http.openapi.words import EXAMPLES, FIELDS, PARAMETERS


def describe(document: dict[str, Any]) -> None:
    """Add descriptions and examples to every field and parameter that has none."""
    for name, schema in document["components"]["schemas"].items():
        for field, part in schema.get("properties", {}).items():
            _describe(part, f"{name}.{field}", field)
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if "name" in parameter and parameter["name"] in PARAMETERS:
                    text, example = PARAMETERS[parameter["name"]]
                    parameter.setdefault("description", text)
                    parameter.setdefault("example", example)


def _describe(part: dict[str, Any], *names: str) -> None:
    """Under the first of the names that has words: a model's own field, then the field in general."""
    for name in names:
        if name in FIELDS:
            part.setdefault("description", FIELDS[name])
        if name in EXAMPLES:
            part.setdefault("examples", [EXAMPLES[name]])
