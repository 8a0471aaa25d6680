"""Runs every benchmark, each in a process of its own, prints one table and writes docs/performance.md.

.venv/bin/python -m tests.bench [--quick | --smoke] [--only hop,gateway] [--no-document]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench import document
from tests.bench.frame import Level, Row, add_levels, read_rows, text_table

# In the order in which they run and are shown: tests/bench/NAME.py.
PROGRAMS = ("hop", "gateway", "start", "queries", "reads")


def rows_of(program: str, level: Level, directory: Path) -> list[Row]:
    """What one program measured; where it failed, its output is on the terminal and it has no rows."""
    print(f"… {program}", file=sys.stderr, flush=True)
    file = directory / f"{program}.json"
    command = [sys.executable, "-m", f"tests.bench.{program}", "--json", str(file)]
    done = subprocess.run([*command, *([f"--{level}"] if level != "usual" else [])], check=False)
    if done.returncode:
        print(f"{program} ended with {done.returncode}", file=sys.stderr)
        return []
    return read_rows(file)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    add_levels(parser)
    parser.add_argument("--only", help=f"these programs alone, with commas: {', '.join(PROGRAMS)}")
    parser.add_argument("--rows", type=Path, help="a directory that keeps each program's rows, as PROGRAM.json")
    parser.add_argument("--no-document", action="store_true", help="leave docs/performance.md as it is")
    options = parser.parse_args(arguments)
    wanted = options.only.split(",") if options.only else list(PROGRAMS)
    with tempfile.TemporaryDirectory() as directory:
        found = {name: rows_of(name, options.level, options.rows or Path(directory)) for name in wanted}
    rows = [row for of_program in found.values() for row in of_program]
    print(text_table(rows))
    # What less than the usual effort or a part of it measured is no figure to keep.
    if options.level == "usual" and not (options.only or options.no_document):
        document.write(rows)
    return 0 if all(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
