"""A turn's events as text: tool calls as lines, the answer as it comes, a plan in words with the address of its page.

What was sent cannot be taken back in this protocol: the closing answer is sent as far as it was not there yet.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from services.orchestrator.plans.page_address import page_of
from services.orchestrator.turns.events import StreamedEvent
from services.orchestrator.turns.store import ENDED, Turn
from shared.plans.plan import Plan


class Relay:
    """The text of one turn; `pages` is the address below which a plan's page is."""

    def __init__(self, pages: str) -> None:
        self._pages = pages
        self._said = ""  # of the model's current message
        self._any = False
        self._plan: dict[str, Any] = {}

    async def texts(self, events: AsyncIterator[StreamedEvent | None]) -> AsyncIterator[str | None]:
        """Pieces of text that follow one another; None where nothing has come for a moment."""
        async for event in events:
            if event is None:
                yield None
                continue
            text = self._text(event[1], json.loads(event[2]))
            if text:
                self._any = True
                yield text

    def _text(self, kind: str, data: dict[str, Any]) -> str:
        if kind == "text":
            self._said += data["delta"]
            return str(data["delta"])
        if kind == "step":
            return self._below(f"> {step_line(data)}\n\n")
        if kind == "turn" and data.get("resumed"):
            return self._below("")  # the model's message comes anew
        if kind == "plan":
            self._plan = data
        if kind == "answer":
            if data["status"] == "waiting_for_approval":
                return self._below(plan_words(self._plan, self._pages))
            return self._rest_of(data["answer"])
        return ""

    def _below(self, text: str) -> str:
        """A text of its own, below what was said so far."""
        gap = "\n\n" if self._any and self._said.strip() else ""
        self._said = ""
        return gap + text

    def _rest_of(self, answer: str) -> str:
        if answer.startswith(self._said):
            return answer[len(self._said) :]
        return self._below(answer)


def step_line(step: dict[str, Any]) -> str:
    """A tool call in a line: "`list_ec2_instances` (info): ok, 412 ms"."""
    words = f"`{step['tool']}` ({step['agent']}): {step['status']}, {step['duration_ms']} ms"
    error = step.get("error") or {}
    if error.get("code"):
        words += f", {error['code']}"
    return words + ("" if step.get("complete", True) else ", incomplete")


def plan_words(plan: dict[str, Any], pages: str) -> str:
    """A plan that waits: its page as text, and where a person decides. `plan` is as REST shows it."""
    return (
        f"```text\n{plan['summary']}```\n\nNothing has been changed yet. Read the plan and decide on its page: "
        f"{page_of(plan['plan_id'], pages)}. A message here approves nothing."
    )


@dataclass(frozen=True, slots=True)
class Waited:
    """What an answer begins with, of a plan that waited; and the turn to tell of again, where that has not ended."""

    words: str = ""
    turn_id: str | None = None

    @classmethod
    def of(cls, turn: Turn, plan: Plan | None, pages: str) -> Waited:
        """How it went with the plan that `turn` waited for when the conversation was last answered."""
        if plan is None:
            return cls("The plan of before is no longer kept.\n\n---\n\n")
        page = page_of(plan.plan_id, pages)
        if turn.status not in ENDED:
            words = "still waits for a decision" if plan.status == "proposed" else f"is {plan.status.replace('_', ' ')}"
            return cls(f"The plan of before {words}: {page}.\n\n---\n\n", turn.turn_id)
        answer = f"\n\n{turn.answer}" if turn.answer else ""
        return cls(f"The plan of before is {plan.status.replace('_', ' ')}: {page}.{answer}\n\n---\n\n")
