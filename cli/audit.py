"""`assistant audit verify`: checks an exported audit log without any server, and names what is wrong with it.

Exit codes: 0 the log is valid, 1 it is not, 2 the files could not be read.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from shared.audit.chain import Fault, Report, check, parse, writer_keys

MAX_SHOWN = 20


def add(commands: Any) -> None:
    """Add `audit` to the command line."""
    audit = commands.add_parser("audit", help="the audit log").add_subparsers(required=True, metavar="COMMAND")
    verify = audit.add_parser("verify", help="check an exported log", description=__doc__)
    verify.add_argument("--export", type=Path, required=True, help="the file of GET /v1/audit?format=jsonl")
    verify.add_argument("--anchor", type=Path, help="the gateway's AUDIT_ANCHOR_FILE: finds a log cut off or rewritten")
    verify.add_argument("--key-file", type=Path, help="the gateway's audit_key: also checks all signatures")
    verify.add_argument("--session", help="the session whose log it should be")
    verify.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check one export and print the result."""
    try:
        lines = _read(options.export)
        known = [one for one in map(_parsed, _read(options.anchor)) if isinstance(one, dict)] if options.anchor else []
        keys = writer_keys(options.key_file.read_bytes().strip()) if options.key_file else {}
    except (OSError, UnicodeDecodeError) as error:
        _say(f"cannot be read: {error}", sys.stderr)
        return 2
    if not lines:
        _say(f"{options.export} is empty", sys.stderr)
        return 2
    entries = [_parsed(line) for line in lines]
    ending = entries.pop() if _is_anchor(entries[-1]) else None
    own = [ending["anchor"]] if ending else []
    # An anchor file has the logs of many sessions; one without this log says nothing about it.
    report = check(entries, [*own, *known], keys=keys, session_id=options.session)
    faults = list(report.faults)
    if ending is None:
        faults.append(Fault("truncated", "the export has no anchor at its end: it was cut off"))
    elif report.head.seq and ending["anchor"].get("seq") != report.head.seq and not faults:
        faults.append(Fault("bad_anchor", f"the export's anchor is of entry {ending['anchor'].get('seq')}"))
    elif report.anchors == 0:
        faults.append(Fault("bad_anchor", "the export's anchor is of another log"))
    if options.anchor and report.anchors - len(own) < 1 and not faults:
        faults.append(Fault("bad_anchor", "the anchor file says nothing of this log"))
    _tell(report, faults, signed=bool(keys), anchored=bool(options.anchor))
    return 1 if faults else 0


def _tell(report: Report, faults: list[Fault], *, signed: bool, anchored: bool) -> None:
    for fault in faults[:MAX_SHOWN]:
        _say(f"{fault.code}: {fault.detail}")
    if faults:
        _say(f"{report.entries} entries; {len(faults)} fault{'s' if len(faults) > 1 else ''} found")
        return
    checked = ["chain", "contents", *(["signatures"] if signed else []), *(["anchors outside"] if anchored else [])]
    _say(f"{report.entries} entries, nothing is wrong with them (checked: {', '.join(checked)})")


def _read(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def _parsed(line: str) -> Any:
    try:
        return parse(line)
    except (ValueError, RecursionError):
        return None


def _is_anchor(last: Any) -> bool:
    return isinstance(last, dict) and last.keys() == {"anchor"} and isinstance(last["anchor"], dict)


def _say(text: str, stream: Any = None) -> None:
    (stream or sys.stdout).write(text + "\n")
