"""Records the session anew: every request of the parts, sent in their order to a stack that was just started.

    python -m tests.e2e.recorded.record             say how the answers differ from the recording
    python -m tests.e2e.recorded.record --write     make these answers the recording

It starts a stack of its own, or uses the one whose sandbox.json is given with `--facts` and that nobody has used yet.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Running
from tests.e2e.recorded.compare import report
from tests.e2e.recorded.parts import audit, chat, decisions, files, opening, plans, tools, values
from tests.e2e.recorded.recording import GOLDEN, Exchange, Recording

LINE_CHARS = 120
PARTS = (
    opening.play,
    tools.play,
    plans.play,
    chat.play,
    decisions.play,
    values.play,
    files.play,
    audit.play,
    opening.end,
)


class Stopped(Exception):
    """A request could not be made, as an answer that it needs was another one. `exchanges` are those until then."""

    def __init__(self, exchanges: list[Exchange], why: BaseException) -> None:
        self.exchanges = exchanges
        super().__init__(
            f"stopped after {exchanges[-1]['name'] if exchanges else 'nothing'!r}, {len(exchanges)} requests: {why!r}"
        )


def record(facts: Mapping[str, Any]) -> list[Exchange]:
    """Send every request to the gateway that these facts (of a stack's sandbox.json) name; return all exchanges.

    Raises Stopped where an answer lacks what a later request needs.
    """
    recording = Recording(facts)
    try:
        for play in PARTS:
            play(recording)
    except (AssertionError, LookupError, TypeError, ValueError, StopIteration) as why:
        raise Stopped(recording.exchanges, why) from why
    return recording.exchanges


def golden() -> list[Exchange]:
    """The committed recording."""
    exchanges: list[Exchange] = json.loads(GOLDEN.read_text())
    return exchanges


def write(exchanges: list[Exchange], file: Path = GOLDEN) -> None:
    """Write a recording: keys sorted, and what fits into a line on one, so that it and its differences are short."""
    file.write_text(_laid_out(exchanges) + "\n")


def _laid_out(value: Any, indent: str = "") -> str:
    flat = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or len(indent) + len(flat) <= LINE_CHARS:
        return flat
    inner = indent + " "
    if isinstance(value, list):
        return _block("[", [_laid_out(item, inner) for item in value], indent, "]")
    pairs = [f"{json.dumps(key, ensure_ascii=False)}: {_laid_out(value[key], inner)}" for key in sorted(value)]
    return _block("{", pairs, indent, "}")


def _block(begin: str, items: list[str], indent: str, end: str) -> str:
    inside = f",\n{indent} ".join(items)
    return f"{begin}\n{indent} {inside}\n{indent}{end}"


def _recorded(facts: Path | None) -> list[Exchange]:
    if facts is not None:
        return record(json.loads(facts.read_text()))
    with tempfile.TemporaryDirectory() as directory:
        stack = Running(Path(directory) / "local")
        try:
            return record(stack.facts)
        finally:
            stack.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.recorded.record", description="The recorded session.")
    parser.add_argument("--write", action="store_true", help=f"write {GOLDEN.name} anew")
    parser.add_argument("--facts", type=Path, help="sandbox.json of a stack that was just started")
    options = parser.parse_args()
    before = golden() if GOLDEN.exists() else []
    try:
        exchanges = _recorded(options.facts)
    except Stopped as stopped:
        print(report(before[: len(stopped.exchanges)], stopped.exchanges, most=None), stopped, sep="\n\n")
        return 2
    differences = report(before, exchanges, most=None)
    print(differences or f"all {len(exchanges)} answers are as recorded")
    if options.write:
        write(exchanges)
        return 0
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
