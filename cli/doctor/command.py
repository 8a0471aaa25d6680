"""`assistant doctor`: looks at everything that is usually misconfigured, and says for each what to do.

It reads settings from the environment and `.env`, keys, addresses and the sandbox's user from `.local`, and needs no
running gateway. Exit codes: 0 nothing is wrong (there may be warnings), 1 something is, 2 the command line is wrong.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from cli import DEFAULT_GATEWAY
from cli.doctor.checks import disk, endpoints, gateway, keys, model, redis, session, settings
from cli.doctor.finding import Finding
from cli.doctor.situation import Situation, parse_object, read_object

CHECKS = (settings, keys, disk, redis, endpoints, model, session, gateway)
_MARKS = {"ok": "ok", "warning": "WARNING", "problem": "PROBLEM", "skipped": "skipped"}


@dataclass(frozen=True, slots=True)
class Options:
    """Where to look. `session` is a JSON file with the body of POST /v1/sessions, `-` for standard input."""

    json: bool = False
    env_file: Path | None = None
    directory: Path = Path(".local")
    keys: Path | None = None
    gateway: str | None = None
    session: str | None = None
    sandbox_state: Path | None = None


def run(options: Options) -> int:
    """Check everything and print the findings."""
    try:
        situation = situation_of(options)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"cannot be read: {error}\n")
        return 2
    found = list(dict.fromkeys(finding for check in CHECKS for finding in check.check(situation)))
    if options.json:
        sys.stdout.write(json.dumps(as_json(found), indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines(found))
    return 1 if any(finding.status == "problem" for finding in found) else 0


def situation_of(options: Options) -> Situation:
    """What there is to look at. Raises OSError and ValueError where a file that was named cannot be read."""
    env_file = options.env_file or (Path(".env") if Path(".env").is_file() else None)
    if options.env_file and not options.env_file.is_file():
        raise FileNotFoundError(f"there is no file {options.env_file}")
    written = dotenv_values(env_file, interpolate=False) if env_file else {}
    environment = {name: value for name, value in written.items() if value} | {
        name: value for name, value in os.environ.items() if value
    }
    local = options.directory / "sandbox.json"
    facts = read_object(local) if local.is_file() else {}
    own_keys = options.directory / "keys"
    situation = Situation(
        environment=environment,
        keys=options.keys or (own_keys if own_keys.is_dir() else None),
        gateway=options.gateway or facts.get("gateway") or environment.get("GATEWAY_URL") or DEFAULT_GATEWAY,
        facts=facts,
        directories=tuple(path for path in (options.directory, options.keys, Path("/audit"), Path("/data")) if path),
        env_file=env_file,
        asked=frozenset(name for name in ("keys", "gateway", "session") if getattr(options, name)),
    )
    return dataclasses.replace(situation, session=_session(options, situation))


def _session(options: Options, situation: Situation) -> dict[str, Any]:
    """The session to rehearse: the one that was given, else that of the sandbox's user where AWS is the sandbox's."""
    if options.session:
        return parse_object(sys.stdin.read()) if options.session == "-" else read_object(Path(options.session))
    if situation.real_aws:
        return {}
    if options.sandbox_state and options.sandbox_state.is_file():
        return read_object(options.sandbox_state)
    return dict(situation.facts) if "access_key_id" in situation.facts else {}


def as_json(found: list[Finding]) -> dict[str, Any]:
    counted = {status: sum(finding.status == status for finding in found) for status in _MARKS}
    return {"healthy": not counted["problem"], **counted, "findings": [dataclasses.asdict(one) for one in found]}


def lines(found: list[Finding]) -> Iterator[str]:
    """The findings for a person: what is wrong last, where a terminal shows it."""
    order = {status: number for number, status in enumerate(("ok", "skipped", "warning", "problem"))}
    for finding in sorted(found, key=lambda one: order[one.status]):
        yield f"{_MARKS[finding.status]:>8}  {finding.check}: {finding.said}"
        if finding.do and finding.status != "ok":
            yield f"          → {finding.do}"
    problems = sum(finding.status == "problem" for finding in found)
    warnings = sum(finding.status == "warning" for finding in found)
    yield ""
    yield (
        f"{_count(problems, 'problem')}, {_count(warnings, 'warning')}" if problems or warnings else "Nothing is wrong."
    )


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
