"""Makes generated files of facts (`shared/aws_operations/facts_file.py`), and tells whether they are fresh."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from shared.aws_operations.facts_file import opened

ROOT = Path(__file__).resolve().parent.parent
# What both kinds of files are made with.
_CODE = ("scripts/facts_files.py", "shared/aws_operations/facts_file.py")
_READ = (".py", ".tsv", ".txt", ".db")


def fingerprint_of(packages: Iterable[str], code: Iterable[str]) -> str:
    """SHA-256 over the versions of the packages with the data, and over every file of code that makes the result.

    A version is enough for a package: lock files pin its hash. It takes a second instead of the ten that making the
    files takes, so that a test can ask on every run.
    """
    digest = hashlib.sha256()
    for package in packages:
        digest.update(f"{package} {version(package)}\n".encode())
    found = [ROOT / entry for entry in (*_CODE, *code)]
    files = [file for path in found for file in (path.rglob("*") if path.is_dir() else [path])]
    for path in sorted(file for file in files if file.suffix in _READ):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def made_of(*files: Path) -> str | None:
    """The fingerprint that the first file was made with; None where any of them is not there."""
    if not all(file.exists() for file in files):
        return None
    with opened(files[0]) as database:
        return str(database.execute("select of from made").fetchone()[0])


def write(file: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make the file anew, whole or not at all."""
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    # In memory first: thousands of small writes to a file take minutes on a busy disk.
    database = sqlite3.connect(":memory:")
    fill(database)
    database.commit()
    database.execute("vacuum into ?", (str(beside),))
    database.close()
    beside.replace(file)


def write_or_check(now: str, before: str | None, make: Callable[[str], None], command: str, *, check: bool) -> int:
    """Make the files with the fingerprint `now`; with `check` return 1 where they were made with another one."""
    if not check:
        make(now)
        return 0
    if before != now:
        print(f"not fresh; run `{command}`", file=sys.stderr)
        return 1
    return 0
