"""Looks types up: `resource_type("AWS::S3::Bucket")`, `schema_of("AWS::S3::Bucket")`.

A type is read on first use and kept. Facts take a fraction of a millisecond, a schema one on average.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shared.aws_operations.facts_file import opened, unpacked
from shared.resource_types.models import Handler, ResourceType, Tagging
from shared.resource_types.names import plain, type_named
from shared.resource_types.paths import PropertyPaths

FILE = Path(__file__).with_name("types.db")
_PATHS = ("read_only", "write_only", "create_only", "conditional_create_only", "deprecated", "secret")


def resource_type(name: str) -> ResourceType:
    """The type of that name, in any case. Raises NotFound `unknown_resource_type`, naming similar ones."""
    return _read(type_named(name, _plain_names()))


def schema_of(name: str) -> Mapping[str, Any]:
    """The JSON schema (draft 7) of a type's properties; `name` as AWS spells it. Must not be changed.

    Besides the words of draft 7 it has cfn-lint's: `requiredXor`, `requiredOr`, `dependentExcluded`,
    `dependentRequired`, `enumCaseInsensitive`, `uniqueKeys`; and CloudFormation's `insertionOrder`: false where the
    order of a list says nothing. References lead into its own `definitions`.
    """
    return _stored(name)["schema"]  # type: ignore[no-any-return]


def rules_of(name: str) -> tuple[Mapping[str, Any], ...]:
    """What is known of a type beyond its schema: `{path, says, schema}`, a further schema for the values at a path."""
    return tuple(_stored(name)["rules"])


def lists_of(name: str) -> Mapping[str, str]:
    """The properties whose values differ by region, such as instance types: path → name of the list."""
    return _stored(name)["lists"]  # type: ignore[no-any-return]


# Fifteen lists, of up to 1,500 values.
@lru_cache(maxsize=32)
def regional_values(name: str) -> Mapping[str, frozenset[str]]:
    """The values of a list → the regions that have them."""
    with opened(FILE) as database:
        row = database.execute("select content from lists where name = ?", (name,)).fetchone()
    content = unpacked(row[0])
    regions = content["regions"]
    return MappingProxyType(
        {
            value: frozenset(region for number, region in enumerate(regions) if mask >> number & 1)
            for value, mask in content["values"].items()
        }
    )


@lru_cache(maxsize=1)
def type_names() -> tuple[str, ...]:
    """The names of all types, in order."""
    with opened(FILE) as database:
        return tuple(name for (name,) in database.execute("select name from types order by name"))


@lru_cache(maxsize=1)
def dated() -> str:
    """The day the schemas were taken from AWS: "2026-10-20"."""
    with opened(FILE) as database:
        return str(database.execute("select dated from made").fetchone()[0])


@lru_cache(maxsize=1)
def _plain_names() -> Mapping[str, str]:
    return MappingProxyType({plain(name): name for name in type_names()})


@lru_cache(maxsize=512)
def _read(name: str) -> ResourceType:
    with opened(FILE) as database:
        row = database.execute("select facts from types where name = ?", (name,)).fetchone()
    facts = unpacked(row[0])
    tagging = facts.get("tagging")
    return ResourceType(
        name=name,
        purpose=facts.get("purpose", ""),
        required=tuple(facts.get("required", ())),
        primary_identifier=tuple(facts.get("primary_identifier", ())),
        additional_identifiers=tuple(map(tuple, facts.get("additional_identifiers", ()))),
        **{kind: PropertyPaths(tuple(facts[kind])) for kind in _PATHS if kind in facts},
        tagging=Tagging(**tagging) if tagging else None,
        handlers=MappingProxyType(
            {handler: Handler(tuple(actions), minutes) for handler, (actions, minutes) in facts["handlers"].items()}
            if "handlers" in facts
            else {}
        ),
        holds_data=facts.get("holds_data", False),
    )


# The largest schemas take some megabytes as objects; a worker meets few types in an hour.
@lru_cache(maxsize=64)
def _stored(name: str) -> Any:
    with opened(FILE) as database:
        row = database.execute("select content from types where name = ?", (name,)).fetchone()
    return unpacked(row[0])
