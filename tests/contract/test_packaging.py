"""What `pipx install .` installs is the whole command: its entry point, its modules, and every package they import."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Imports every module of the command where nothing else can be imported than what is installed with it.
PROBE = """
import importlib, importlib.abc, json, pkgutil, sys

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

FORBIDDEN = set(json.loads(sys.argv[1]))
sys.meta_path.insert(0, Missing())
import cli
for module in pkgutil.walk_packages(cli.__path__, "cli."):
    importlib.import_module(module.name)
import boto3, keyring, prompt_toolkit
print("whole")
"""


def installed_with(requirements: list[str]) -> set[str]:
    """The distributions that come with these requirements, as installed here."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        if "extra ==" in requirement:
            continue
        name = re.split(r"[ \[<>=!~;(]", requirement, maxsplit=1)[0].lower().replace("_", "-")
        if name in found:
            continue
        try:
            waiting += metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # of another system
        found.add(name)
    return found


def test_every_module_of_the_command_is_imported_with_its_own_packages_alone() -> None:
    own = installed_with(PROJECT["project"]["dependencies"])
    named = metadata.packages_distributions()
    others = sorted(
        module for module, names in named.items() if not {name.lower().replace("_", "-") for name in names} & own
    )
    assert {"celery", "fastapi", "moto"} <= set(others)
    command = [sys.executable, "-c", PROBE, json.dumps([*others, "services", "sandbox"])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "whole\n", done.stderr


def test_the_entry_point_is_the_command() -> None:
    module, _, function = PROJECT["project"]["scripts"]["assistant"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))
