"""A question with what a right answer says, and the judge of an answer.

The judge reads no language: it looks for figures and names. An answer that has them all and says something wrong
besides is taken for right, unless the question says which names must not be in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["right", "wrong", "gap not said", "failed"]
Said = str | int
# One thing that an answer has to say, or several of which one is enough; computed when it is asked for costs.
Expected = Said | tuple[Said, ...] | Callable[[], Said | tuple[Said, ...]]

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
# Where the gateway adds what the model left out: see `turns/context/coverage.py`.
ADDED = "\n\nNot covered by this answer:"
_LIST_NUMBER = re.compile(r"(?m)^\s*\d+[.)]\s")
_THOUSANDS = re.compile(r"(?<=\d)[,_'\u00a0\u202f\u2009](?=\d{3}(?!\d))")


@dataclass(frozen=True)
class Call:
    """A reading tool with its arguments; `"$"` is the `result_ref` of the call before."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """What is asked; what a right answer has to say, and what it must not; or the plan that it must propose.

    `gap` is what an answer has to name as missing. `by` are calls of tools whose last result says the same: they show
    that the figures are the account's and that the tools can answer. `everywhere` asks in all of the organization's
    accounts.
    """

    text: str
    says: tuple[Expected, ...] = ()
    by: tuple[Call, ...] = ()
    without: tuple[str, ...] = ()
    gap: str = ""
    plan: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    everywhere: bool = False


def judged(question: Question, turn: Mapping[str, Any]) -> Verdict:
    """What a turn, as REST answers it, is worth."""
    if question.plan:
        return _judged_plan(question.plan, turn)
    if turn["status"] != "completed":
        return "failed" if turn["status"] == "failed" else "wrong"
    answer = turn["answer"].partition(ADDED)[0]
    if missing(question, turn["answer"]) or any(says(answer, name) for name in question.without):
        return "wrong"
    return "gap not said" if question.gap and not says(answer, question.gap) else "right"


def missing(question: Question, text: str) -> list[Said]:
    """What a right answer says and this text does not: of alternatives the first."""
    found = []
    for expected in question.says:
        wanted = expected() if callable(expected) else expected
        options = wanted if isinstance(wanted, tuple) else (wanted,)
        if not any(says(text, option) for option in options):
            found.append(options[0])
    return found


def says(text: str, wanted: Said) -> bool:
    """Whether a text has a number or a name, as a word of its own: 2 is not in "us-west-2", nor in "2.5" or "2." of a
    list.
    """
    plain = _THOUSANDS.sub("", _LIST_NUMBER.sub("", text))
    if isinstance(wanted, int) and wanted < len(NUMBERS) and re.search(rf"(?i)\b{NUMBERS[wanted]}\b", plain):
        return True
    pattern = re.escape(str(wanted))
    if re.fullmatch(r"[\d.]+", str(wanted)):
        zeros = "0*" if "." in str(wanted) else ""
        return re.search(rf"(?<![\w.:-]){pattern}{zeros}(?![\w:]|[.-]\d|-\w)", plain) is not None
    return re.search(rf"(?i)(?<![\w-]){pattern}(?![\w-])", plain) is not None


def _judged_plan(wanted: Sequence[tuple[str, Mapping[str, Any]]], turn: Mapping[str, Any]) -> Verdict:
    """A plan of just these steps, whatever their order; each has these arguments among its own."""
    if turn["status"] != "waiting_for_approval":
        return "failed" if turn["status"] == "failed" else "wrong"
    steps = list(turn["plan"]["steps"])
    for operation, arguments in wanted:
        fitting = next((step for step in steps if step["operation"] == operation and _has(step, arguments)), None)
        if fitting is None:
            return "wrong"
        steps.remove(fitting)
    return "wrong" if steps else "right"


def _has(step: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    return all(step["arguments"].get(name) == value for name, value in arguments.items())
