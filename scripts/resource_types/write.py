"""Writes the generated file."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import Any

from scripts import facts_files
from scripts.resource_types import extensions, schemas
from scripts.resource_types.facts import facts
from scripts.resource_types.schemas import Schema
from shared.aws_operations.facts_file import packed
from shared.resource_types import catalogue
from shared.resource_types.search import index

# Small pages: a row begins in one of its own where it does not fit.
_SCHEMA = """
pragma page_size = 1024;
create table made (of text not null, dated text not null);
create table types (name text primary key, facts blob not null, content blob not null);
create table lists (name text primary key, content blob not null);
"""


def write(fingerprint: str) -> None:
    """Make the file anew."""
    facts_files.write(catalogue.FILE, partial(_fill, fingerprint))


def content(schema: Schema) -> dict[str, Any]:
    """The larger part of what is stored of a type."""
    name = schema["typeName"]
    return {
        "schema": schemas.stored(schema),
        "rules": [
            {"path": rule.path, "says": rule.says, "schema": rule.schema} for rule in extensions.rules().get(name, [])
        ],
        "lists": {one.path: one.name for one in extensions.regional().get(name, [])},
    }


def _fill(fingerprint: str, database: sqlite3.Connection) -> None:
    database.executescript(_SCHEMA)
    database.execute("insert into made values (?, ?)", (fingerprint, schemas.dated()))
    index.create(database)
    for schema in schemas.every():
        known = facts(schema)
        row = (schema["typeName"], packed(known), packed(content(schema)))
        database.execute("insert into types values (?, ?, ?)", row)
        index.add(database, schema["typeName"], known)
    lists = {one.name: one.values for every in extensions.regional().values() for one in every}
    for name, values in sorted(lists.items()):
        database.execute("insert into lists values (?, ?)", (name, packed(_masks(values))))


def _masks(values: dict[str, list[str]]) -> dict[str, Any]:
    """Each value with its regions as bits."""
    regions = sorted(values)
    masks: dict[str, int] = {}
    for number, region in enumerate(regions):
        for value in values[region]:
            masks[value] = masks.get(value, 0) | 1 << number
    return {"regions": regions, "values": dict(sorted(masks.items()))}
