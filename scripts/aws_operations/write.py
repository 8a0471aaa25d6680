"""Writes the generated files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import lru_cache, partial

from scripts import facts_files
from scripts.aws_operations import examples, models, texts
from scripts.aws_operations.models import ServiceModel
from scripts.aws_operations.shapes import facts
from shared.access.levels import actions_of, level_of
from shared.access.prefixes import PREFIXES
from shared.aws_operations import catalogue, levels
from shared.aws_operations.facts_file import packed
from shared.aws_operations.levels import Level
from shared.aws_operations.search import index
from shared.aws_operations.search.index import Entry

_SEARCHED_CHARACTERS = 300

_SCHEMA = """
create table made (of text not null);
create table services (name text primary key, title text not null, prefix text not null, operations blob not null)
  without rowid;
"""


def write(fingerprint: str) -> None:
    """Make both files anew."""
    every = [(name, level_table(name, models.load(name))) for name in models.service_names()]
    levels.FILE.write_text(levels.as_text(every), encoding="utf-8")
    facts_files.write(catalogue.FILE, partial(_fill, fingerprint))


def level_table(service: str, model: ServiceModel) -> dict[str, Level]:
    """A service's operations as `shared/access` classifies them now."""
    return {name: Level(level_of(service, name), actions_of(service, name)) for name in model.operations}


def operation_table(model: ServiceModel) -> dict[str, dict[str, object]]:
    """What is stored of a service's operations, by name."""
    return {
        name: {"purpose": texts.purpose(declared.get("documentation", "")), **facts(model, name)}
        for name, declared in sorted(model.operations.items())
    }


def search_entries(model: ServiceModel) -> Iterator[Entry]:
    """What each of a service's operations is found by."""
    for name, declared in sorted(model.operations.items()):
        example = _examples().get((model.name, name), "")
        text = texts.plain(declared.get("documentation", ""))[:_SEARCHED_CHARACTERS]
        yield Entry(
            service=model.name,
            name=name,
            title=model.metadata["serviceFullName"],
            text=f"{text} {example}",
            parts=" ".join([*model.members(name, "input"), *model.members(name, "output")]),
            prior=index.prior(
                model.name,
                has_example=bool(example),
                has_required=bool(model.required(name)),
                deprecated=bool(declared.get("deprecated")),
            ),
        )


@lru_cache(maxsize=1)
def _examples() -> dict[tuple[str, str], str]:
    return examples.read()


def _fill(fingerprint: str, database: sqlite3.Connection) -> None:
    database.executescript(_SCHEMA)
    database.execute("insert into made values (?)", (fingerprint,))
    for model in models.every():
        prefix = PREFIXES.get(model.name, model.name)
        title = model.metadata["serviceFullName"]
        row = (model.name, title, prefix, packed(operation_table(model)))
        database.execute("insert into services values (?, ?, ?, ?)", row)
    index.write(database, (entry for model in models.every() for entry in search_entries(model)))
