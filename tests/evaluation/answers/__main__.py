"""How well a model answers through the whole system: `make eval`, or

python -m tests.evaluation.answers                  every question, of the model of OPENAI_BASE_URL and OPENAI_MODEL
python -m tests.evaluation.answers --variant FILE   and again with this file as the model's instructions, or several
python -m tests.evaluation.answers --only volumes   the questions with this word
python -m tests.evaluation.answers --reference      no model: the figures, asked of the tools themselves
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from sandbox.environment import has_model
from tests.evaluation.answers import any_operation, changes, everywhere, storage_and_compute
from tests.evaluation.answers.asking import Asked, Outcome, ask_all, stack
from tests.evaluation.answers.question import Question

QUESTIONS = tuple(
    question for part in (storage_and_compute, any_operation, everywhere, changes) for question in part.QUESTIONS
)
WIRING_ONLY = (
    "Neither OPENAI_BASE_URL nor OPENAI_API_KEY is set: the sandbox's own small model is asked, a program that follows "
    "rules. This shows that everything is wired together, and says nothing about a language model.\n"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--only", default="", metavar="WORD")
    parser.add_argument("--reference", action="store_true")
    options = parser.parse_args()
    questions = [one for one in QUESTIONS if options.only.casefold() in one.text.casefold()]
    if options.reference:
        return _reference(questions)
    if not has_model(os.environ):
        print(WIRING_ONLY)
    by_variant: dict[str, list[Outcome]] = {}
    for file in (None, *options.variant):
        name = file.name if file else "built-in instructions"
        print(f"## {name}\n\n{_HEAD}")
        with stack(file) as facts:
            by_variant[name] = []
            for outcome in ask_all(facts, questions):
                by_variant[name].append(outcome)
                print(_row(outcome), flush=True)
    print(f"\n{summary(by_variant)}")
    return 0


_HEAD = "| Question | Verdict | Rounds | Tokens | Seconds | Called |\n|---|---|---|---|---|---|"


def _row(one: Outcome) -> str:
    called = ", ".join(one.tools) or "nothing"
    row = f"| {one.question.text} | {one.verdict} | {one.rounds} | {one.tokens} | {one.seconds:.1f} | {called} |"
    return row if one.verdict == "right" else f"{row}\n<!-- {' '.join(one.answer.split())[:400]} -->"


def summary(by_variant: dict[str, list[Outcome]]) -> str:
    """A line for each variant: how many answers are right, and what they took."""
    lines = ["| Instructions | Model | Right | Wrong | Gap not said | Failed | Rounds | Tokens | Seconds |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for name, outcomes in by_variant.items():
        if outcomes:
            lines.append(_summary_of(name, outcomes))
    return "\n".join([*lines, "", "Rounds, tokens and seconds are the median of a question."])


def _summary_of(name: str, outcomes: Sequence[Outcome]) -> str:
    found = Counter(one.verdict for one in outcomes)
    model = outcomes[0].model if has_model(os.environ) else "the sandbox's, which is none"
    counts = " | ".join(str(found[verdict]) for verdict in ("right", "wrong", "gap not said", "failed"))
    took = [median(values) for values in zip(*((one.rounds, one.tokens, one.seconds) for one in outcomes), strict=True)]
    return f"| {name} | {model} | {counts} | {took[0]:.0f} | {took[1]:.0f} | {took[2]:.1f} |"


def _reference(questions: Sequence[Question]) -> int:
    """Ask the tools; 1 where one of them does not say what a right answer says."""
    wrong = 0
    with stack(None) as facts:
        asked = Asked(facts)
        for question in questions:
            lacking = asked.lacking(question) if question.by else []
            wrong += bool(lacking)
            print(f"{'no' if lacking else 'ok'}  {question.text}" + (f"  {lacking}" if lacking else ""), flush=True)
    print(f"{len(questions) - wrong} of {len(questions)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
