"""A process imports without looking for cycles, and later what it needs later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared import startup


def told(program: str) -> str:
    """What a process of its own prints: the switches are a process's."""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def test_no_cycles_are_looked_for_until_the_start_has_ended_and_then_not_among_what_was_there() -> None:
    program = (
        "import gc; from shared import startup; startup.begin(); before = gc.isenabled(); startup.end();"
        "print(before, gc.isenabled(), gc.get_freeze_count() > 1000)"
    )
    assert told(program) == "False True True"


def test_structlog_does_without_rich_at_the_start_and_others_can_import_it_afterwards() -> None:
    program = (
        "import sys; from shared import startup; startup.begin(); import structlog.dev; startup.end();"
        "print(structlog.dev.rich, 'rich' in sys.modules); import rich; print(rich.__name__)"
    )
    assert told(program).split() == ["None", "False", "rich"]


def test_a_start_that_ends_without_having_begun_keeps_what_is_imported() -> None:
    program = "import sys, rich; from shared import startup; startup.end(); print(sys.modules['rich'] is rich)"
    assert told(program) == "True"


def test_modules_are_imported_in_the_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("needed_late", "needed_late_too"):
        (tmp_path / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    later = startup.import_later(["needed_late", "needed_late_too"], seconds=0)
    assert later.daemon  # a process that is stopped before does not wait for it
    later.join()
    assert {"needed_late", "needed_late_too"} <= sys.modules.keys()
    for name in ("needed_late", "needed_late_too"):
        monkeypatch.delitem(sys.modules, name)
