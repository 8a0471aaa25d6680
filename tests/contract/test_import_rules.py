"""The import rules hold, and each kind of breach of them is seen: a rule that cannot fail protects nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_DECISIONS = "nothing that a model steers reaches what signs decisions"
ORCHESTRATOR, EXECUTOR = "the orchestrator's areas are layers", "the executor's areas are layers"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code and its rules, to break."""
    for name in ("services", "shared", "sandbox", "cli"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(tree: Path) -> dict[str, bool]:
    """Whether each contract is kept, by its name."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=120, check=False)
    # A verdict may be followed by how many imports are excepted from it.
    verdicts = re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.*\))?$", done.stdout, re.MULTILINE)
    assert verdicts, done.stdout + done.stderr
    return {name: verdict == "KEPT" for name, verdict in verdicts}


def add(tree: Path, module: str, line: str) -> None:
    """Put one more import into a module, which is made where there is none."""
    file = tree / f"{module.replace('.', '/')}.py"
    before = file.read_text(encoding="utf-8") if file.exists() else '"""A module."""\n'
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")


def test_the_tree_keeps_every_rule(tree: Path) -> None:
    assert all(lint(tree).values())


@pytest.mark.parametrize("module", ["turns.loop", "plans.service", "llm.client", "workers.dispatch"])
def test_what_a_model_steers_may_not_import_what_signs_decisions(tree: Path, module: str) -> None:
    add(tree, f"services.orchestrator.{module}", "from services.orchestrator.decisions import approvals")

    kept = lint(tree)

    assert not kept[NO_DECISIONS]
    assert not kept[ORCHESTRATOR]


def test_nor_through_another_module(tree: Path) -> None:
    add(tree, "services.orchestrator.http.shortcut", "from services.orchestrator.decisions import grants")
    add(tree, "services.orchestrator.turns.context.history", "from services.orchestrator.http import shortcut")

    assert not lint(tree)[NO_DECISIONS]


def test_an_area_may_not_import_one_above_it(tree: Path) -> None:
    add(tree, "services.executor.operations.tags", "from services.executor.execution import run")
    add(tree, "services.orchestrator.audit.trail", "from services.orchestrator.sessions import sts")

    kept = lint(tree)

    assert (kept[EXECUTOR], kept[ORCHESTRATOR]) == (False, False)
    assert kept[NO_DECISIONS]


def test_the_command_line_knows_no_service(tree: Path) -> None:
    add(tree, "cli.commands.ask", "from services.orchestrator.plans import view")

    assert not lint(tree)["the command line talks REST"]


def test_a_new_area_must_be_given_its_place(tree: Path) -> None:
    (tree / "services/executor/attic").mkdir()
    add(tree, "services.executor.attic.__init__", "")

    assert not lint(tree)[EXECUTOR]
