"""Keys: every file is there, nobody else can read it, and what must fit together does."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from nacl.exceptions import CryptoError

from cli.doctor.finding import Finding, Findings
from cli.doctor.situation import Situation
from shared.audit import signers
from shared.keys.vault import public_key_of
from shared.messages import AGENTS

make = Findings("keys")

MAKE = "run `keys` again (`make up` and Compose do at each start), then restart the services that read it"


def check(situation: Situation) -> Iterator[Finding]:
    """Look at the folders that `shared.keys` makes; those that are not mounted here cannot be looked at."""
    folder = situation.keys
    if folder is None or not folder.is_dir():
        asked = "keys" in situation.asked
        said = f"there is no folder of keys{f' at {folder}' if folder else ''}"
        yield make.failure(said, "name it with --keys") if asked else make.skipped(said, "name one with --keys")
        return
    found = [*_missing(folder), *_readable_by_others(folder), *_pairs(folder)]
    yield from found or [make.ok(f"the keys in {folder} are complete, private and fit together")]


def wanted(folder: Path) -> dict[str, tuple[str, ...]]:
    """The files that a service's folder must hold, of the folders that are there."""
    agent = ("signing_key", "private_key", "audit_signing_key")
    kinds = ("signing_key", "public_key", "audit_public_key")
    every: dict[str, tuple[str, ...]] = {
        "gateway": (
            *(f"{kind}_{one}" for kind in kinds for one in AGENTS),
            "approval_key",
            "audit_key",
            "webhook_secret",
        ),
        "info": agent,
        "advisor": agent,
        "executor": (*agent, "approval_key", "advisor_signing_key", "public_key_info", "public_key_advisor"),
    }
    return {service: files for service, files in every.items() if (folder / service).is_dir()}


def _missing(folder: Path) -> Iterator[Finding]:
    there = wanted(folder)
    if not there:
        yield make.failure(
            f"{folder} holds no folder of a service", f"name the folder that holds gateway/ …, or {MAKE}"
        )
    for service, files in there.items():
        for file in files:
            path = folder / service / file
            try:
                empty = not path.read_text(encoding="utf-8").strip()
            except FileNotFoundError:
                yield make.failure(f"{path} is missing", MAKE)
            except (OSError, UnicodeDecodeError) as error:
                yield make.failure(
                    f"{path} cannot be read: {error}", "run the doctor as the user that the services run as"
                )
            else:
                if empty:
                    yield make.failure(f"{path} is empty", f"remove it and {MAKE}")


def _readable_by_others(folder: Path) -> Iterator[Finding]:
    open_files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "users.acl" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_files:
        names = ", ".join(str(path) for path in open_files[:5]) + (" …" if len(open_files) > 5 else "")
        yield make.failure(
            f"other users of this machine can read {names}",
            f"chmod 600 them; whoever may have read them: rotate (python -m shared.keys {folder} --rotate all)",
        )


def _pairs(folder: Path) -> Iterator[Finding]:
    for mine, theirs, derive in _fitting():
        first, second = _text(folder / mine), _text(folder / theirs)
        if first is None or second is None:
            continue
        try:
            fits = (
                public_key_of(first) if derive == "public" else _audit(first) if derive == "audit" else first
            ) == second
        except (ValueError, CryptoError):
            yield make.failure(f"{folder / mine} is no key", f"put back a copy, or remove it and {MAKE}")
            continue
        if not fits:
            yield make.failure(f"{folder / theirs} does not belong to {folder / mine}", MAKE)


def _fitting() -> Iterator[tuple[str, str, str]]:
    """A key, where its other half or its copy is, and how the one follows from the other."""
    for agent in AGENTS:
        yield f"{agent}/private_key", f"gateway/public_key_{agent}", "public"
        yield f"{agent}/signing_key", f"gateway/signing_key_{agent}", "copy"
        yield f"{agent}/audit_signing_key", f"gateway/audit_public_key_{agent}", "audit"
        if agent != "executor":
            yield f"{agent}/private_key", f"executor/public_key_{agent}", "public"
    yield "advisor/signing_key", "executor/advisor_signing_key", "copy"
    yield "executor/approval_key", "gateway/approval_key", "copy"


def _audit(signing_key: str) -> str:
    return signers.public_key_of(signing_key)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
