"""A stack of its own for one variant of the instructions, and every question asked of it over REST."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.stack import Stack
from tests.e2e.client import User
from tests.evaluation.answers.question import Question, Said, Verdict, judged, missing

_SETTLED = {"completed", "failed", "cancelled", "waiting_for_approval"}
# An answer may take this long; how long the gateway itself lets a turn take is its setting (`TURN_SECONDS`).
WAIT_SECONDS = 1800.0


@dataclass(frozen=True)
class Outcome:
    """What came of one question. `tokens` are those sent and received, of all rounds."""

    question: Question
    verdict: Verdict
    rounds: int
    tokens: int
    seconds: float
    tools: tuple[str, ...]
    answer: str
    model: str


@contextmanager
def stack(instructions: Path | None) -> Iterator[dict[str, Any]]:
    """The whole product over the sandbox's AWS, with the model that the environment names."""
    os.environ.pop("USE_REAL_AWS", None)  # the figures are the sandbox's, and plans are proposed
    os.environ.pop("INSTRUCTIONS_FILE", None)
    if instructions:
        os.environ["INSTRUCTIONS_FILE"] = str(instructions.resolve())
    with tempfile.TemporaryDirectory(prefix="eval-") as directory:
        running = Stack(Path(directory) / "local")
        try:
            running.start()
            yield running.facts
        finally:
            running.stop()


class Asked:
    """Two sessions: one of the first account, one of all the organization's."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._one, self._all = User(facts), User(facts, accounts=facts["accounts"])

    def ask(self, question: Question) -> Outcome:
        """Ask it in a conversation of its own; a plan that is proposed is rejected."""
        user, started = self._user(question), time.monotonic()
        turn = user.ask(question.text)
        if turn["status"] not in _SETTLED:
            turn = user.wait(f"/v1/turns/{turn['turn_id']}", _SETTLED, WAIT_SECONDS)
        seconds = time.monotonic() - started
        if turn["status"] == "waiting_for_approval":
            user.ok(user.http.post(f"/v1/plans/{turn['plan']['plan_id']}/reject"))
        usage = turn["usage"]
        return Outcome(
            question=question,
            verdict=judged(question, turn),
            rounds=usage["rounds"],
            tokens=usage["prompt_tokens"] + usage["completion_tokens"],
            seconds=seconds,
            tools=tuple(step["tool"] for step in turn["steps"]),
            answer=turn["answer"] or json.dumps(turn.get("error")),
            model=usage["model"],
        )

    def lacking(self, question: Question) -> list[Said]:
        """What the reference calls of a question do not say of what a right answer says."""
        user, ref, body = self._user(question), "", {}
        for call in question.by:
            arguments = {name: ref if value == "$" else value for name, value in call.arguments.items()}
            body = user.ok(user.http.post(f"/v1/tools/{call.tool}", json=arguments))
            ref = body.get("result_ref") or ""
        told = json.dumps([body["result"], body.get("coverage"), body["gaps"]], ensure_ascii=False)
        named: list[Said] = [name for name in question.without if name in told]
        unsaid: list[Said] = [question.gap] if question.gap and question.gap not in told else []
        return missing(question, told) + named + unsaid

    def _user(self, question: Question) -> User:
        return self._all if question.everywhere else self._one


def ask_all(facts: dict[str, Any], questions: Sequence[Question]) -> Iterator[Outcome]:
    """Every question, one after the other."""
    asked = Asked(facts)
    for question in questions:
        yield asked.ask(question)
