"""Shell completion: commands from the command itself, tools and plans from the gateway where it answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.rest_gateway import Reply, RestGateway
from tests.unit.cli.conftest import a_plan

ROOT = Path(__file__).parents[3]


def completed(words: str, gateway: str, home: Path) -> list[str]:
    """What bash would offer for the words, the last of which is not finished."""
    given = words.split(" ")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")},
        "_ASSISTANT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(given) - 1),
        "ASSISTANT_GATEWAY": gateway,
        "ASSISTANT_TOKEN": "the-token",
        "ASSISTANT_HOME": str(home),
    }
    command = [sys.executable, "-m", "cli"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("assistant plan re", {"reject", "resolve"}),
        ("assistant plan show pl", {"pln_1"}),
        ("assistant call co", {"count"}),
    ],
)
def test_commands_and_names_are_offered(rest: RestGateway, tmp_path: Path, words: str, offered: set[str]) -> None:
    function = {"name": "count", "description": "Count."}
    tools = [{"agent": "info", "function": function}, {"agent": "executor", "function": {"name": "create"}}]
    rest.on("GET /v1/plans", Reply(200, {"items": [a_plan()]}))
    rest.on("GET /v1/tools", Reply(200, {"items": tools}))
    assert offered <= set(completed(words, rest.address, tmp_path))


def test_without_a_gateway_nothing_is_offered_and_nothing_said(tmp_path: Path) -> None:
    assert completed("assistant plan show pl", "http://127.0.0.1:9", tmp_path) == []
