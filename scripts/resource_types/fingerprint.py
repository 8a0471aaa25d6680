"""What the generated file depends on, as one hash: cfn-lint's schemas, and the code.

It takes milliseconds instead of the ten seconds that making the file takes, so that a test can ask on every run.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = (
    "scripts/aws_operations/texts.py",
    "scripts/resource_types",
    "shared/aws_operations/operations.db",
    "shared/aws_operations/search/tokens.py",
    "shared/aws_operations/search/words/services.tsv",
    "shared/resource_types/paths.py",
    "shared/resource_types/policies.py",
    "shared/resource_types/search/index.py",
    "shared/resource_types/secrets",
    "shared/resource_types/shapes.py",
)


def fingerprint() -> str:
    """SHA-256 over the version of cfn-lint, which lock files pin by hash, and over the code that makes the file."""
    digest = hashlib.sha256(f"cfn-lint {version('cfn-lint')}\n".encode())
    for path in _code():
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _code() -> list[Path]:
    found = [ROOT / entry for entry in CODE]
    files = [file for path in found for file in (path.rglob("*") if path.is_dir() else [path])]
    return sorted(file for file in files if file.suffix in (".py", ".tsv", ".db"))
