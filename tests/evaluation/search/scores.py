"""The sets of questions, and how many of each the search answers.

A line of a set is a question, a tab, and the operations that answer it, parted by spaces. Who wrote them, and which of
them tuning may look at, stands in docs/search.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from shared.aws_operations.search.search import search

FOLDER = Path(__file__).parent


class Question(NamedTuple):
    text: str
    right: tuple[str, ...]


class Score(NamedTuple):
    """`first` and `in_five` are shares; `median` and `slow` (95 of 100 are faster) are seconds of CPU a search."""

    questions: int
    first: float
    in_five: float
    median: float
    slow: float
    missed: tuple[tuple[Question, tuple[str, ...]], ...]


def read(name: str) -> tuple[Question, ...]:
    """The questions of a file."""
    rows = (line.split("\t") for line in (FOLDER / name).read_text(encoding="utf-8").splitlines())
    return tuple(Question(text, tuple(right.split())) for text, right in rows)


@lru_cache(maxsize=1)
def _sets() -> dict[str, tuple[Question, ...]]:
    return {name: read(f"{name}.tsv") for name in ("aws_words", "peoples_words", "unseen")}


SETS = _sets()


def score(questions: Sequence[Question]) -> Score:
    """Search for each; the time is of this thread alone, so that other work on the machine is not counted."""
    missed, times, first = [], [], 0
    for question in questions:
        begun = time.thread_time()
        found = tuple(f"{hit.service}:{hit.name}" for hit in search(question.text))
        times.append(time.thread_time() - begun)
        first += found[:1] != () and found[0] in question.right
        if not set(found) & set(question.right):
            missed.append((question, found))
    times.sort()
    count = len(questions)
    return Score(
        questions=count,
        first=first / count,
        in_five=1 - len(missed) / count,
        median=times[count // 2],
        slow=times[int(count * 0.95)],
        missed=tuple(missed),
    )
