"""Writes the generated files."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from scripts.aws_operations import examples, models, texts
from scripts.aws_operations.models import ServiceModel
from scripts.aws_operations.shapes import facts
from shared.access.levels import actions_of, level_of
from shared.access.prefixes import PREFIXES
from shared.aws_operations import catalogue, levels
from shared.aws_operations.levels import Level
from shared.aws_operations.search import index
from shared.aws_operations.search.index import Entry

_SEARCHED_CHARACTERS = 300

_SCHEMA = """
create table made (of text not null);
create table services (name text primary key, title text not null, prefix text not null, operations blob not null)
  without rowid;
"""


def made_of() -> str | None:
    """The fingerprint that the files were made with; None where they are not there."""
    if not catalogue.FILE.exists() or not levels.FILE.exists():
        return None
    with catalogue.connect() as database:
        return str(database.execute("select of from made").fetchone()[0])


def write(fingerprint: str) -> None:
    """Make both files anew."""
    every = [(name, level_table(name, models.load(name))) for name in models.service_names()]
    levels.FILE.write_text(levels.as_text(every), encoding="utf-8")
    beside = catalogue.FILE.with_suffix(".new")
    beside.unlink(missing_ok=True)
    _write_database(beside, fingerprint)
    beside.replace(catalogue.FILE)


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


def _write_database(path: Path, fingerprint: str) -> None:
    # In memory first: thousands of small writes to a file take minutes on a busy disk.
    database = sqlite3.connect(":memory:")
    database.executescript(_SCHEMA)
    database.execute("insert into made values (?)", (fingerprint,))
    for model in models.every():
        stored = json.dumps(operation_table(model), ensure_ascii=False, separators=(",", ":"))
        prefix = PREFIXES.get(model.name, model.name)
        title = model.metadata["serviceFullName"]
        row = (model.name, title, prefix, zlib.compress(stored.encode(), 9))
        database.execute("insert into services values (?, ?, ?, ?)", row)
    index.write(database, (entry for model in models.every() for entry in search_entries(model)))
    database.commit()
    database.execute("vacuum into ?", (str(path),))
    database.close()
