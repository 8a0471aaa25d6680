"""Lua is in `.lua` files, each of which somebody runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.broker.scripts import lua

ROOT = Path(__file__).parents[4]
SCRIPTS = sorted(path.relative_to(ROOT) for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.lua"))
SOURCES = {path: path.read_text() for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py")}


def test_no_python_file_holds_a_script() -> None:
    assert [str(path.relative_to(ROOT)) for path, text in SOURCES.items() if "redis.call(" in text] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_script_says_what_it_is_for_and_is_run_by_its_package(script: Path) -> None:
    folder = script.parent.parent
    package = ".".join(folder.parts)

    assert lua(package, script.stem) == (ROOT / script).read_text()
    assert lua(package, script.stem).removeprefix("#!lua flags=allow-oom\n").startswith("-- ")
    users = [text for path, text in SOURCES.items() if path.parent == ROOT / folder and f'lua("{package}"' in text]
    assert any(re.search(rf'"{script.stem}"', text) for text in users)
