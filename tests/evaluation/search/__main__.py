"""How often the search over AWS's operations finds the right one: `make eval-search`, or

python -m tests.evaluation.search                 a table of all sets
python -m tests.evaluation.search --missed        and each question that was missed, with what was found instead
python -m tests.evaluation.search --tldr FOLDER   and the commands of a checkout of github.com/tldr-pages/tldr

Where OPENAI_BASE_URL or OPENAI_API_KEY names a model, it also searches for every question of the people's sets in its
own words: once, and once more where that found nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from sandbox.environment import has_model
from services.orchestrator.llm.client import ChatModel
from tests.evaluation.search.scores import SETS, Question, Score, score
from tests.evaluation.search.tldr import questions_of
from tests.evaluation.search.with_model import model_score

MODEL_SETS = ("peoples_words", "unseen")


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
    if has_model(os.environ):
        asyncio.run(_with_model(sets, show_missed=arguments.missed))
    else:
        print("\nNo model is named (OPENAI_BASE_URL, OPENAI_API_KEY): queries in a model's own words are not measured.")
    if arguments.missed:
        for name, one in scores.items():
            print(f"\n## {name}: missed\n")
            for question, found in one.missed:
                print(f"- {question.text} → {', '.join(found) or 'nothing'} (wanted: {', '.join(question.right[:3])})")


async def _with_model(sets: dict[str, list[Question]], *, show_missed: bool) -> None:
    """Print what the model of the settings finds in its own words."""
    environment = os.environ
    name = environment.get("OPENAI_MODEL") or "gpt-4-turbo"
    model = ChatModel(
        base_url=environment.get("OPENAI_BASE_URL") or "https://api.openai.com/v1",
        api_key=environment.get("OPENAI_API_KEY"),
        model=name,
        timeout=float(environment.get("OPENAI_TIMEOUT") or 60),
    )
    print(f"\n| Set, in the words of {name} | Questions | After one query | After two |\n|---|---|---|---|")
    for set_name in MODEL_SETS:
        one = await model_score(model, sets[set_name])
        print(f"| {set_name} | {one.questions} | {one.first_try:.1%} | {one.second_try:.1%} |", flush=True)
        for question, queries in one.missed if show_missed else ():
            print(f"<!-- {question.text} → {' then '.join(queries) or 'no query'} -->")
    await model.close()


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
