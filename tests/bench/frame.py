"""The frame of every benchmark: what it measures becomes rows, each with its goal and its floor of the same run.

    def measure(effort: Effort) -> list[Row]: ...

    if __name__ == "__main__":
        run_alone(measure)

A program prints its table when it runs alone (`python -m tests.bench.hop`); `tests/bench/__main__.py` runs
all of them, one after another, and writes docs/performance.md. No benchmark fails by time: a goal that was missed is
said in its row.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on the measured value (`of="measured"`), or on its ratio to the floor (`of="ratio"`)."""

    bound: Literal["at most", "at least"]
    value: float
    of: Literal["measured", "ratio"] = "ratio"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `measured` and `floor` have the same unit.

    The ratio says how many times the floor was needed; where the goal is a ratio of at least something, how many times
    faster than the floor it was.
    """

    work: str
    measured: float
    unit: str
    goal: Goal | None = None
    floor: float | None = None
    # What was measured as the floor, in a few words.
    floor_is: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        if not self.floor or not self.measured:
            return None
        faster = self.goal is not None and self.goal.bound == "at least"
        return self.floor / self.measured if faster else self.measured / self.floor

    @property
    def reached(self) -> bool | None:
        """None where there is no goal, or no floor for it."""
        if self.goal is None:
            return None
        value = self.measured if self.goal.of == "measured" else self.ratio
        if value is None:
            return None
        return value <= self.goal.value if self.goal.bound == "at most" else value >= self.goal.value

    def cells(self) -> tuple[str, ...]:
        """Work, goal, measured, floor, ratio, whether it was reached."""
        goal = ""
        if self.goal is not None:
            unit = " ×" if self.goal.of == "ratio" else f" {self.unit}"
            goal = f"{'≤' if self.goal.bound == 'at most' else '≥'} {_number(self.goal.value)}{unit}"
        floor = "" if self.floor is None else f"{_number(self.floor)} {self.unit} ({self.floor_is})"
        ratio = "" if self.ratio is None else f"{self.ratio:.1f} ×"
        said = {True: "yes", False: "no", None: ""}[self.reached]
        return self.work, goal, f"{_number(self.measured)} {self.unit}", floor, ratio, said


HEADINGS = ("work", "goal", "measured", "floor", "ratio", "reached")


Level = Literal["usual", "quick", "smoke"]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    `quick` gives a first impression in a minute or two for all programs together; `smoke` only shows that everything
    still runs, and its figures mean nothing.
    """

    level: Level = "usual"

    def of(self, usual: int, quick: int, smoke: int) -> int:
        """How often something is done, or of how many."""
        return {"usual": usual, "quick": quick, "smoke": smoke}[self.level]


def add_levels(parser: argparse.ArgumentParser) -> None:
    """The options that choose less than the usual effort, as `level`."""
    levels = parser.add_mutually_exclusive_group()
    parser.set_defaults(level="usual")
    for level, meaning in (("quick", "a first impression"), ("smoke", "only see that it runs")):
        levels.add_argument(f"--{level}", dest="level", action="store_const", const=level, help=meaning)


Measure = Callable[[Effort], list[Row]]


def run_alone(measure: Measure) -> None:
    """The command line of one program. `--json FILE` is how the runner of all gets its rows."""
    parser = argparse.ArgumentParser()
    add_levels(parser)
    parser.add_argument("--json", type=Path, help="write the rows here instead of printing a table")
    options = parser.parse_args()
    rows = measure(Effort(options.level))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows]))
    else:
        print(text_table(rows))


def read_rows(path: Path) -> list[Row]:
    """The rows that a program wrote with `--json`."""
    found = json.loads(path.read_text())
    return [Row(**one | {"goal": Goal(**one["goal"]) if one["goal"] else None}) for one in found]


def text_table(rows: Sequence[Row]) -> str:
    """For a terminal, with notes under their rows."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    for place, row in reversed(list(enumerate(rows, 1))):
        if row.note:
            shown.insert(place + 1, f"    {row.note}")
    return "\n".join(shown)


def p50(seconds: Sequence[float]) -> float:
    return statistics.median(seconds)


def p99(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else seconds[0]


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
