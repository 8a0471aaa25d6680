"""docs/cli.md has every command with an example, every exit code, and every variable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.app import app
from cli.exit_codes import ExitCode

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def commands(command: Any, path: str = "assistant") -> Iterator[str]:
    """Every command that does something, with what is typed before it."""
    below = getattr(command, "commands", None)
    if not below:
        yield path
        return
    for name, one in below.items():
        yield from commands(one, f"{path} {name}")


@pytest.mark.parametrize("command", list(commands(typer.main.get_command(app))))
def test_every_command_is_documented_with_an_example(command: str) -> None:
    short = command.removeprefix("assistant ")
    assert (
        f"{command} " in DOCUMENT
        or f"{command}\n" in DOCUMENT
        or f"`{short} " in DOCUMENT
        or f"`{command}`" in DOCUMENT
    )


def test_the_exit_codes_are_those_of_the_document() -> None:
    table = DOCUMENT.partition("## Exit codes")[2].partition("```")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == sorted(ExitCode)


def test_every_variable_is_documented() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "cli").rglob("*.py"))
    variables = set(re.findall(r"\"(ASSISTANT_[A-Z_]+)\"", source))
    assert len(variables) > 5
    assert sorted(variable for variable in variables if variable not in DOCUMENT) == []
