"""A real model's own queries: what it finds with the first, and after one second try with the nearest services.

The model is given a person's question and the search as it is offered to it, with the product's instructions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from services.info_tools.tools.search import search_aws_operations
from services.orchestrator.instructions import BUILT_IN
from services.orchestrator.llm.client import ChatModel
from services.orchestrator.turns.context.prompt import tool_output
from services.orchestrator.turns.functions.brief import brief
from services.orchestrator.turns.functions.offered import offered
from shared.errors import AssistantError
from tests.evaluation.search.scores import Question

SEARCH = "search_aws_operations"
TRIES = 2
_ABOUT = {
    "today": "a day",
    "account": "111122223333",
    "caller_arn": "arn:aws:iam::111122223333:user/evaluation",
    "region": "us-east-1",
    "regions": "us-east-1, eu-west-1",
}


class ModelScore(NamedTuple):
    """Shares of the questions whose operation is among the first five, after one query and after two."""

    questions: int
    first_try: float
    second_try: float
    missed: tuple[tuple[Question, tuple[str, ...]], ...]  # with the model's queries


async def model_score(model: ChatModel, questions: Sequence[Question]) -> ModelScore:
    """Have the model search for each question. Raises AssistantError where its server fails."""
    found_at: list[int] = []
    missed = []
    for question in questions:
        queries, found = await _searched(model, question)
        found_at.append(len(queries) if found else TRIES + 1)
        if not found:
            missed.append((question, tuple(queries)))
    count = len(questions)
    shares = [sum(at <= tries for at in found_at) / count for tries in range(1, TRIES + 1)]
    return ModelScore(count, shares[0], shares[1], tuple(missed))


async def _searched(model: ChatModel, question: Question) -> tuple[list[str], bool]:
    """The model's queries, and whether the last of them found the operation."""
    function = brief(offered()[SEARCH]).openai()
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": BUILT_IN.substitute(_ABOUT).strip()},
        {"role": "user", "content": question.text},
    ]
    queries: list[str] = []
    for _ in range(TRIES):
        completion = await model.complete(messages, [function], _nothing, reads=[SEARCH])
        calls = [call for call in completion.calls or completion.written if call.name == SEARCH]
        if not calls:
            break
        arguments = json.loads(calls[0].arguments)
        queries.append(json.dumps(arguments, ensure_ascii=False))
        answer = _answer(arguments)
        hits = {f"{one['service']}:{one['operation']}" for one in answer.get("operations", ())}
        if hits & set(question.right):
            return queries, True
        asked = {"id": calls[0].id, "type": "function", "function": {"name": SEARCH, "arguments": calls[0].arguments}}
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [asked]},
            {"role": "tool", "tool_call_id": calls[0].id, "content": tool_output(SEARCH, answer)},
        ]
    return queries, False


def _answer(arguments: dict[str, Any]) -> dict[str, Any]:
    """What the tool answers, or what is wrong with its arguments; it asks no AWS."""
    try:
        made: dict[str, Any] = search_aws_operations(None, **arguments).model_dump(mode="json")
    except (AssistantError, TypeError) as error:
        return {"status": "error", "error": {"detail": str(error)}}
    return made


async def _nothing(text: str) -> None:
    """Nobody reads the text as it comes."""
