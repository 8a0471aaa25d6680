"""`assistant audit verify --export FILE`: checks an exported log without any server, and names what is wrong.

Exit codes: 0 the log is valid, 1 it is not, 2 the files could not be read. The last lines say what was checked, and
what the check cannot show with the files that it was given.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.audit.anchors import maker_of
from shared.audit.chain import check, parse
from shared.audit.report import Fault, Report
from shared.audit.signers import Keyring, PublicKey
from shared.messages import AGENTS

MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class AnchorLines:
    """One anchor file: its anchors, of whichever logs, and how many of its lines are none."""

    path: Path
    anchors: tuple[Mapping[str, Any], ...]
    unreadable: int

    @classmethod
    def read(cls, path: Path) -> AnchorLines:
        """Read a file. Raises OSError and UnicodeDecodeError."""
        lines = [_parsed(line) for line in _read(path)]
        anchors = tuple(line for line in lines if isinstance(line, dict) and "seq" in line)
        return cls(path, anchors, len(lines) - len(anchors))

    def says_nothing_of(self, report: Report) -> bool:
        """Whether there is no anchor of the log here, although a service that anchors here wrote in the log."""
        if any(anchor.get("session_id") == report.session_id for anchor in self.anchors):
            return False
        return not self.anchors or any(maker_of(anchor) in report.signatures for anchor in self.anchors)


def verify(
    export: Path,
    anchor_files: Sequence[Path] = (),
    *,
    key_file: Path | None = None,
    public_keys: Path | None = None,
    session_id: str | None = None,
) -> int:
    """Check one export and print the result.

    `export` is the file of `GET /v1/audit?format=jsonl`; `anchor_files` are those of the gateway and of the executor,
    which find a log cut off or rewritten; `key_file` is the gateway's audit_key; `public_keys` is the folder of
    audit_public_key_{info,advisor,executor}, by default that of `key_file`; `session_id` is whose log it should be.
    """
    try:
        lines = _read(export)
        files = [AnchorLines.read(path) for path in anchor_files]
        keys = _keys(key_file, public_keys)
    except (OSError, ValueError) as error:
        _say(f"cannot be read: {error}", sys.stderr)
        return 2
    if not lines:
        _say(f"{export} is empty", sys.stderr)
        return 2
    entries = [_parsed(line) for line in lines]
    own = entries.pop()["anchor"] if _is_ending(entries[-1]) else None
    outside = [anchor for file in files for anchor in file.anchors]
    report = check(entries, outside, own=own, keys=keys, session_id=session_id)
    faults = [*report.faults, *_faults_of_ending(report, own)]
    if not faults:
        silent = [file.path for file in files if file.says_nothing_of(report)]
        faults = [Fault("bad_anchor", f"the anchor file {path} says nothing of this log") for path in silent]
    _tell(report, faults)
    for file in files:
        if file.unreadable:
            _say(f"not shown: {file.unreadable} lines of {file.path} are no anchors; what they said is lost.")
    return 1 if faults else 0


def _faults_of_ending(report: Report, own: Mapping[str, Any] | None) -> list[Fault]:
    """What is wrong with the anchor at the export's end."""
    if own is None:
        return [Fault("truncated", "the export has no anchor at its end: it was cut off")]
    if report.head.seq and own.get("seq") != report.head.seq and report.valid:
        return [Fault("bad_anchor", f"the export's anchor is of entry {own.get('seq')}")]
    if report.session_id and own.get("session_id") != report.session_id:
        return [Fault("bad_anchor", "the export's anchor is of another log")]
    return []


def _tell(report: Report, faults: Sequence[Fault]) -> None:
    for fault in faults[:MAX_SHOWN]:
        _say(f"{fault.code}: {fault.detail}")
    if faults:
        _say(f"{report.entries} entries; {len(faults)} fault{'s' if len(faults) > 1 else ''} found")
    else:
        _say(f"{report.entries} entries, nothing is wrong with them")
    checked = ["chain", "contents", "writers"]
    for service, count in report.signatures.items():
        if count.good or count.shared:
            checked.append(f"{count.good + count.shared} signatures by {service}")
    for service, source in report.sources.items():
        checked.append(f"{source.anchors} anchors by {service} (up to entry {source.reach})")
    _say(f"checked: {', '.join(checked)}")
    for sentence in report.not_shown:
        _say(f"not shown: {sentence}")


def _keys(key_file: Path | None, folder: Path | None) -> Keyring:
    """The keys at hand. Raises OSError where a file that was named cannot be read, ValueError where it is no key."""
    audit_key = key_file.read_bytes().strip() if key_file else None
    beside = folder or (key_file.parent if key_file else None)
    found = {agent: beside / f"audit_public_key_{agent}" for agent in AGENTS} if beside else {}
    public_keys: dict[str, PublicKey] = {
        agent: PublicKey.of(path.read_text("utf-8")) for agent, path in found.items() if path.exists()
    }
    if folder and not public_keys:
        raise FileNotFoundError(f"there is no audit_public_key_… in {folder}")
    return Keyring(audit_key, public_keys)


def _read(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def _parsed(line: str) -> Any:
    try:
        return parse(line)
    except (ValueError, RecursionError):
        return None


def _is_ending(last: Any) -> bool:
    """Whether it is an export's last line; what else that says (`cannot_show`) is for people."""
    return isinstance(last, dict) and last.keys() - {"cannot_show"} == {"anchor"} and isinstance(last["anchor"], dict)


def _say(text: str, stream: Any = None) -> None:
    (stream or sys.stdout).write(text + "\n")
