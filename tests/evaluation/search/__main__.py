"""How often the search over AWS's operations finds the right one: `make eval-search`, or

python -m tests.evaluation.search                 a table of all sets
python -m tests.evaluation.search --missed        and each question that was missed, with what was found instead
python -m tests.evaluation.search --tldr FOLDER   and the commands of a checkout of github.com/tldr-pages/tldr
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.evaluation.search.scores import SETS, Question, Score, score
from tests.evaluation.search.tldr import questions_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missed", action="store_true")
    parser.add_argument("--tldr", type=Path)
    arguments = parser.parse_args()
    sets: dict[str, list[Question]] = {name: list(questions) for name, questions in SETS.items()}
    if arguments.tldr:
        sets["tldr"] = questions_of(arguments.tldr)
    scores = {name: score(questions) for name, questions in sets.items()}
    print(_table(scores))
    if arguments.missed:
        for name, one in scores.items():
            print(f"\n## {name}: missed\n")
            for question, found in one.missed:
                print(f"- {question.text} → {', '.join(found) or 'nothing'} (wanted: {', '.join(question.right[:3])})")


def _table(scores: dict[str, Score]) -> str:
    lines = ["| Set | Questions | First | Among the first five | Median | Slowest of 20 |", "|---|---|---|---|---|---|"]
    for name, one in scores.items():
        lines.append(
            f"| {name} | {one.questions} | {one.first:.0%} | {one.in_five:.1%} "
            f"| {one.median * 1000:.0f} ms | {one.slow * 1000:.0f} ms |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
