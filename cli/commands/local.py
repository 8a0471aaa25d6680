"""`assistant up` and `assistant demo`: everything on this machine, from a checkout of the repository."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import typer

from cli.errors import CliError, Usage


def add(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(demo)


def up() -> None:
    """Run everything on this machine against the sandbox, until Ctrl-C (`make up`)."""
    _make("up")


def demo() -> None:
    """Run everything, ask every kind of question once, print the transcript, stop (`make demo`)."""
    _make("demo")


def _make(target: str) -> None:
    """Become `make TARGET` in the checkout: its exit code and its Ctrl-C are this command's."""
    checkout = find_checkout(Path.cwd())
    make = shutil.which("make")
    if make is None:
        raise CliError("make is not installed", do="Debian and Ubuntu: apt-get install make")
    os.execv(make, [make, "--no-print-directory", "-C", str(checkout), target])  # noqa: S606  # no shell on purpose


def find_checkout(here: Path) -> Path:
    """The checkout that a folder is in, or that this command runs from. Raises Usage."""
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / "Makefile").is_file() and (folder / "sandbox" / "stack.py").is_file():
            return folder
    raise Usage(
        "this is no checkout of the AWS Assistant, and the sandbox is not part of the installed command",
        do="Clone the repository and run it there, or `docker compose up`.",
    )
