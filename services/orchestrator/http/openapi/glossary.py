"""What a field of a name means, and an example of it, wherever it occurs: from `words.py` and `example_values.py`.

A model says it itself (`Field(description=…, examples=[…])`) where it means something of its own.
"""

from __future__ import annotations

from typing import Any

from services.orchestrator.http.openapi.example_values import EXAMPLES, PARAMETER_EXAMPLES
from services.orchestrator.http.openapi.words import FIELDS, PARAMETERS


def describe(document: dict[str, Any]) -> None:
    """Add descriptions and examples to every field and parameter that has none."""
    for name, schema in document["components"]["schemas"].items():
        for field, part in schema.get("properties", {}).items():
            _describe(part, f"{name}.{field}", field)
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                name = parameter.get("name")
                if name in PARAMETERS:
                    parameter.setdefault("description", PARAMETERS[name])
                    parameter.setdefault("example", PARAMETER_EXAMPLES[name])


def _describe(part: dict[str, Any], *names: str) -> None:
    """Under the first of the names that has words: a model's own field, then the field in general."""
    for name in names:
        if name in FIELDS:
            part.setdefault("description", FIELDS[name])
        if name in EXAMPLES:
            part.setdefault("examples", [EXAMPLES[name]])
