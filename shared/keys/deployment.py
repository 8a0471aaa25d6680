"""Creates the deployment's keys at first start, and replaces them on request.

    python -m shared.keys DIRECTORY [REDIS_HOST:PORT] [--rotate info|advisor|executor|approval|webhook|all]

One folder per service, each to be mounted by that service alone:

    gateway/   signing_key_{info,advisor,executor}  public_key_{…}  approval_key  audit_key  audit_public_key_{…}
               webhook_secret  redis_url
    info/      signing_key  private_key  audit_signing_key  redis_url
    advisor/   the same
    executor/  the same  approval_key  advisor_signing_key  public_key_{info,advisor}
    redis/     users.acl (passwords as hashes)
    functions/ redis_url
    admin/     redis_url

Beside `signing_key` and `private_key` lies `…_previous`, empty until a rotation: credentials that were sealed before it
can still be opened, so sessions continue. The keys of the audit are never replaced, since old logs are verified with
them (`shared/audit/signers.py`). Existing keys are kept. Every file but `users.acl` is
readable by its owner only.
"""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from shared.audit import signers
from shared.broker.acl import RULES, acl_file
from shared.keys.private_files import write_private
from shared.keys.vault import new_private_key, public_key_of
from shared.messages import AGENTS, Agent

Rotated = Literal["info", "advisor", "executor", "approval", "webhook", "all"]
# Whose credentials the executor renews, sealing them for their holder.
RENEWED: tuple[Agent, ...] = ("info", "advisor")
# How long after an upgrade a worker that still runs the old code may sign its audit entries as that does.
UPGRADE_SECONDS = 3600


def make_keys(directory: Path, redis: str | None = None) -> None:
    """Write what is missing below `directory`; with `redis` ("HOST:PORT") also its users and their URLs."""
    gateway, executor = directory / "gateway", directory / "executor"
    # A deployment that is older than the workers' own keys of the audit has logs without their signatures.
    since_ms = int((time.time() + UPGRADE_SECONDS) * 1000) if (gateway / "audit_key").exists() else 0
    _write(gateway / "audit_key", secrets.token_hex(32))
    _write(gateway / "webhook_secret", secrets.token_hex(32))
    for agent in AGENTS:
        own = directory / agent
        private_key = _write(own / "private_key", new_private_key())
        signing_key = _write(own / "signing_key", secrets.token_hex(32))
        for name in ("private_key", "signing_key"):
            _write(own / f"{name}_previous", "")
        audit_signing_key = _write(own / "audit_signing_key", signers.new_signing_key(since_ms))
        _write(gateway / f"audit_public_key_{agent}", signers.public_key_of(audit_signing_key), replace=True)
        # The derived key with which workers signed before.
        (own / "audit_key").unlink(missing_ok=True)
        _write(gateway / f"public_key_{agent}", public_key_of(private_key), replace=True)
        _write(gateway / f"signing_key_{agent}", signing_key, replace=True)
        if agent in RENEWED:
            _write(executor / f"public_key_{agent}", public_key_of(private_key), replace=True)
    approval_key = _write(executor / "approval_key", secrets.token_hex(32))
    _write(gateway / "approval_key", approval_key, replace=True)
    _write(executor / "advisor_signing_key", (directory / "advisor" / "signing_key").read_text(), replace=True)
    if redis:
        _make_redis_users(directory, redis)


def rotate(directory: Path, what: Rotated) -> None:
    """Replace keys; those of an agent are kept once more as `…_previous`. Then restart the services that mount them."""
    make_keys(directory)
    for agent in AGENTS:
        if what in (agent, "all"):
            own = directory / agent
            for name, new in (("private_key", new_private_key()), ("signing_key", secrets.token_hex(32))):
                _write(own / f"{name}_previous", (own / name).read_text(encoding="utf-8"), replace=True)
                _write(own / name, new, replace=True)
    if what in ("approval", "all"):
        _write(directory / "executor" / "approval_key", secrets.token_hex(32), replace=True)
    if what in ("webhook", "all"):
        _write(directory / "gateway" / "webhook_secret", secrets.token_hex(32), replace=True)
    make_keys(directory)


def _make_redis_users(directory: Path, redis: str) -> None:
    passwords = {}
    for user in (*RULES, "functions", "admin"):
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
    write_private(path, value)
    return value


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the deployment's keys, or rotate some.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("redis", nargs="?", help="HOST:PORT; also make a Redis user per service")
    parser.add_argument("--rotate", choices=get_args(Rotated))
    options = parser.parse_args(arguments)
    if options.rotate:
        rotate(options.directory, options.rotate)
    make_keys(options.directory, options.redis)
