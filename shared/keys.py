"""Makes the deployment's keys at first start: `python -m shared.keys DIRECTORY [REDIS_HOST:PORT]`.

One folder per service, each to be mounted by that service alone:

    gateway/   signing_key_{info,advisor,executor}  public_key_{…}  approval_key  redis_url
    info/      signing_key  private_key  redis_url
    advisor/   signing_key  private_key  redis_url
    executor/  signing_key  private_key  redis_url  approval_key  advisor_signing_key
    redis/     users.acl (passwords as hashes)
    admin/     redis_url

Keys that are there are kept. A file is readable by its owner only, but for `users.acl`.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from shared.messages import AGENTS
from shared.redis_acl import RULES, acl_file
from shared.vault import new_private_key, public_key_of


def make_keys(directory: Path, redis: str | None = None) -> None:
    """Write what is missing below `directory`; with `redis` ("HOST:PORT") also its users and their URLs."""
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
    if redis:
        _make_redis_users(directory, redis)


def _make_redis_users(directory: Path, redis: str) -> None:
    passwords = {}
    for user in (*RULES, "admin"):
        passwords[user] = _write(directory / user / "redis_password", secrets.token_hex(16))
        _write(directory / user / "redis_url", f"redis://{user}:{passwords[user]}@{redis}/0", replace=True)
    users = directory / "redis" / "users.acl"
    _write(users, acl_file(passwords), replace=True)
    users.parent.chmod(0o755)
    users.chmod(0o644)


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
    make_keys(Path(sys.argv[1]), *sys.argv[2:3])
