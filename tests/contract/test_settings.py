"""Every setting is documented with its meaning, from the class that reads it, and the page is fresh."""

from __future__ import annotations

import pytest
from pydantic_settings import BaseSettings

from sandbox.environment import PROCESSES, settings_of
from scripts import settings_table
from shared.endpoints import AwsEndpoints

SETTINGS = {name: settings_of(name) for name in PROCESSES}
ROWS = [row.split(" | ") for row in settings_table.table().splitlines()[2:]]


def test_the_tables_in_the_documentation_are_fresh() -> None:
    assert settings_table.main(check=True) == 0


def test_a_page_that_is_not_fresh_is_found(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = tmp_path_factory.mktemp("docs") / "operations.md"
    stale.write_text(settings_table.PAGE.read_text().replace("| `TURN_SECONDS` |", "| `TURN_LIMIT` |"))
    monkeypatch.setattr(settings_table, "PAGE", stale)

    assert settings_table.main(check=True) == 1
    assert settings_table.main(check=False) == 0
    assert settings_table.main(check=True) == 0


def test_every_row_says_what_the_setting_means() -> None:
    assert [row[0] for row in ROWS if len(row) != 5 or not row[4].removesuffix(" |").endswith(".")] == []


@pytest.mark.parametrize("kind", [*(one for kinds in SETTINGS.values() for one in kinds), AwsEndpoints])
def test_every_setting_that_a_process_reads_is_in_the_table(kind: type[BaseSettings]) -> None:
    documented = {row[0].removeprefix("| ").strip("`") for row in ROWS}
    assert {field.upper() for field in kind.model_fields} <= documented


def test_no_row_is_there_twice_for_one_process() -> None:
    named = [(row[0], row[3]) for row in ROWS]
    assert len(named) == len(set(named))


def test_units_bounds_defaults_and_old_names_are_shown() -> None:
    rows = {(row[0].removeprefix("| ").strip("`"), row[3]): row for row in ROWS}
    assert rows["SESSION_TTL", "gateway"][1:3] == ["seconds, 900 or more, 129600 at most", "28800"]
    assert rows["MAX_FILE_BYTES", "executor"][1:3] == ["bytes, 1 or more", "10 MiB"]
    assert rows["ALLOW_BROAD_ROLES", "gateway"][1:3] == ["yes or no", "no"]
    assert rows["CONCURRENCY", "executor"][2] == "4"
    assert rows["AUDIT_SIGNING_KEY", "executor"][2] == "required"
    assert "`MAX_STEPS`" in rows["MAX_ROUNDS", "gateway"][4]
