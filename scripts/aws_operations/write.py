"""Writes the generated files."""

from __future__ import annotations

import json
import sqlite3
import zlib
from pathlib import Path

from scripts.aws_operations import models, texts
from scripts.aws_operations.models import ServiceModel
from scripts.aws_operations.shapes import facts
from shared.access.levels import actions_of, level_of
from shared.access.prefixes import PREFIXES
from shared.aws_operations import catalogue, levels
from shared.aws_operations.levels import Level

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


def _write_database(path: Path, fingerprint: str) -> None:
    database = sqlite3.connect(path)
    database.executescript(_SCHEMA)
    database.execute("insert into made values (?)", (fingerprint,))
    for model in models.every():
        stored = json.dumps(operation_table(model), ensure_ascii=False, separators=(",", ":"))
        prefix = PREFIXES.get(model.name, model.name)
        title = model.metadata["serviceFullName"]
        row = (model.name, title, prefix, zlib.compress(stored.encode(), 9))
        database.execute("insert into services values (?, ?, ?, ?)", row)
    database.commit()
    database.execute("vacuum")
    database.close()
