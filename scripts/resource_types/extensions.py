"""What cfn-lint knows of types beyond their schemas: rules over several properties, and instance types by region.

They are the JSON schemas of its rules of the kind "error". Left out are what looks at other resources of a template
(`cfnGather`), lists of engine versions, which AWS prolongs every month, and what is too large for what it says.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cfnlint.rules.resources
from cfnlint.rules.jsonschema.CfnLintJsonSchema import CfnLintJsonSchema
from cfnlint.rules.jsonschema.CfnLintJsonSchemaRegional import CfnLintJsonSchemaRegional

_LARGEST = 10_000
_LEFT_OUT = ("DbClusterEngineVersion", "CacheClusterEngine", "StateMachineDefinition", "Document")


@dataclass(frozen=True, slots=True)
class Rule:
    """A further schema for the values at a path of a type; `says` is cfn-lint's own word for it."""

    path: str
    says: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Regional:
    """The values of a property by region; `name` is the list's."""

    path: str
    name: str
    values: dict[str, list[str]]


@lru_cache(maxsize=1)
def rules() -> dict[str, list[Rule]]:
    """The rules of each type."""
    found: dict[str, list[Rule]] = {}
    for rule in _every():
        text = json.dumps(rule.schema)
        left_out = type(rule).__name__ in _LEFT_OUT or "cfnGather" in text or len(text) > _LARGEST
        if isinstance(rule, CfnLintJsonSchemaRegional) or left_out or not rule.schema:
            continue
        for name, path in _places(rule):
            found.setdefault(name, []).append(Rule(path, rule.shortdesc, rule.schema))
    return found


@lru_cache(maxsize=1)
def regional() -> dict[str, list[Regional]]:
    """The lists by region of each type."""
    found: dict[str, list[Regional]] = {}
    for rule in _every():
        if isinstance(rule, CfnLintJsonSchemaRegional):
            for name, path in _places(rule):
                for part, values in _lists(rule.schema).items():
                    whole = "/".join(filter(None, (path, part)))
                    found.setdefault(name, []).append(Regional(whole, f"{rule.id} {part}".strip(), values))
    return found


def _every() -> Iterator[Any]:
    kind: Any
    for module in pkgutil.walk_packages(cfnlint.rules.resources.__path__, "cfnlint.rules.resources."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            own = kind.__module__ == module.name and issubclass(kind, CfnLintJsonSchema)
            if own and kind.id.startswith("E"):
                yield kind()


def _places(rule: Any) -> Iterator[tuple[str, str]]:
    for keyword in rule.keywords:
        head, _, path = keyword.partition("/Properties")
        name = head.removeprefix("Resources/")
        if head.startswith("Resources/AWS::"):
            yield name, path.strip("/")


def _lists(schemas: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """By the property below ("" where the list is of the value itself), then by region.

    Where a region's list depends on other properties, such as the engine of a database, it is what any of them has.
    """
    found: dict[str, dict[str, set[str]]] = {}
    for region, schema in schemas.items():
        if not isinstance(schema, dict):
            continue
        for part, values in _enumerated(schema):
            found.setdefault(part, {}).setdefault(region, set()).update(values)
    return {
        part: {region: sorted(values) for region, values in sorted(regions.items())} for part, regions in found.items()
    }


def _enumerated(schema: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    if "enum" in schema:
        yield "", schema["enum"]
    for one in schema.get("allOf", []):
        for name, below in one.get("then", {}).get("properties", {}).items():
            if "enum" in below:
                yield name, below["enum"]
