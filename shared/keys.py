"""Makes the deployment's keys at first start: `python -m shared.keys DIRECTORY`.

One folder per service, each to be mounted by that service alone:

    gateway/   signing_key_{info,advisor,executor}  public_key_{…}  approval_key
    info/      signing_key  private_key
    advisor/   signing_key  private_key
    executor/  signing_key  private_key  approval_key  advisor_signing_key

Keys that are there are kept.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from shared.messages import AGENTS
from shared.vault import new_private_key, public_key_of


def make_keys(directory: Path) -> None:
    """Write what is missing below `directory`; files are readable by their owner only."""
    gateway, executor = directory / "gateway", directory / "executor"
    for agent in AGENTS:
        own = directory / agent
        private_key = _write(own / "private_key", new_private_key())
        signing_key = _write(own / "signing_key", secrets.token_hex(32))
        _write(gateway / f"public_key_{agent}", public_key_of(private_key), replace=True)
        _write(gateway / f"signing_key_{agent}", signing_key, replace=True)
    approval_key = _write(executor / "approval_key", secrets.token_hex(32))
    _write(gateway / "approval_key", approval_key, replace=True)
    _write(executor / "advisor_signing_key", (directory / "advisor" / "signing_key").read_text(), replace=True)


def _write(path: Path, value: str, *, replace: bool = False) -> str:
    """Write a key unless there is one; `replace` keeps a copy in step with its original."""
    if path.exists() and not replace:
        return path.read_text(encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(value)
    return value


if __name__ == "__main__":
    make_keys(Path(sys.argv[1]))
