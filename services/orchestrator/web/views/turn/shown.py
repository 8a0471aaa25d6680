"""What a turn shows, put together from its events in their order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import JsonValue

from services.orchestrator.turns.events import StreamedEvent
from services.orchestrator.turns.store import ENDED, Turn, TurnStatus
from services.orchestrator.turns.view import TurnAnswer
from services.orchestrator.web.views.results.charts import Chart, charts_of
from services.orchestrator.web.views.results.tables import ResultShown, result_shown
from services.orchestrator.workers.view import CoverageAnswer
from shared.messages import Gap

# Rows of a table in a card; the call's own page has all.
CARD_ROWS = 10


@dataclass(slots=True)
class Card:
    """A tool call; `number` counts the turn's calls from 1. While it runs it has no result yet."""

    number: int
    call_id: str
    agent: str
    tool: str
    arguments: dict[str, Any]
    status: Literal["running", "ok", "error"] = "running"
    started_at: str | None = None
    duration_ms: int | None = None
    region: str | None = None
    complete: bool = True
    gaps: tuple[Gap, ...] = ()
    coverage: CoverageAnswer | None = None
    error: dict[str, Any] | None = None
    cut: str | None = None
    result_ref: str | None = None
    result: ResultShown = field(default_factory=ResultShown)
    charts: tuple[Chart, ...] = ()

    def end(self, step: dict[str, Any]) -> None:
        """Take in what came of the call: a `ToolStep` as JSON."""
        for name in ("status", "started_at", "duration_ms", "region", "complete"):
            setattr(self, name, step[name])
        self.gaps = tuple(Gap.model_validate(gap) for gap in step["gaps"])
        if told := step.get("coverage"):
            self.coverage = CoverageAnswer.model_validate(told)
        self.error, self.cut, self.result_ref = step.get("error"), step.get("cut"), step.get("result_ref")
        result: JsonValue = step.get("result")
        self.result = result_shown(result, CARD_ROWS) if result is not None else ResultShown()
        self.charts = charts_of(result)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan of the turn in a line: what it changes, where that is known."""

    plan_id: str
    status: str = "plan"
    words: str = "The plan of this change"


@dataclass(slots=True)
class TurnShown:
    """A turn as it is after the events that were taken in. `text` is what comes of the answer while it comes."""

    turn_id: str
    message: str
    cards: list[Card] = field(default_factory=list)
    plans: dict[str, PlanLine] = field(default_factory=dict)
    status: TurnStatus = "running"
    text: str = ""
    answer: str = ""
    error: dict[str, Any] | None = None
    round: int = -1

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    def take(self, event: StreamedEvent) -> tuple[str, ...]:
        """Take one event in; return which parts of the turn are others now, by the names of their templates."""
        _, kind, text = event
        try:
            data: dict[str, Any] = json.loads(text)
        except ValueError:
            return ()
        match kind:
            case "text":
                self._add(data)
            case "step_started":
                self._started(data)
                return ("cards",)
            case "step":
                self.end_call(data)
                return ("cards",)
            case "plan" | "plan_reviewed":
                plan_id = str(data["plan_id"])
                self.plans[plan_id] = PlanLine(plan_id, str(data["status"]))
                return ("plans",)
            case "answer":
                self.answer, self.text = str(data["answer"]), ""
            case "error":
                self.error = data
            case "turn":
                self._status(data)
                return ("state", "answer")
        return ("answer",)

    def _add(self, data: dict[str, Any]) -> None:
        if data["round"] != self.round:
            self.text, self.round = "", data["round"]
        self.text += str(data["delta"])

    def _status(self, data: dict[str, Any]) -> None:
        self.status = data["status"]
        if data.get("resumed"):
            self.text = ""

    def _started(self, data: dict[str, Any]) -> None:
        self._card(str(data["call_id"]), data)

    def end_call(self, data: dict[str, Any]) -> None:
        """Take in what came of a call. It may never have been seen to begin: another gateway took the turn up."""
        call_id = str(data.get("call_id") or f"{self.turn_id}.{len(self.cards)}")
        self._card(call_id, data).end(data)

    def _card(self, call_id: str, data: dict[str, Any]) -> Card:
        """The call's card; a new one, where it has none yet."""
        card = next((card for card in self.cards if card.call_id == call_id), None)
        if card is None:
            card = Card(len(self.cards) + 1, call_id, data["agent"], data["tool"], data["arguments"])
            self.cards.append(card)
        return card


def turn_shown(turn: Turn) -> TurnShown:
    """A turn from its record, as it is stored once its events are gone or it has ended."""
    answer = TurnAnswer.of(turn).model_dump(mode="json")
    shown = TurnShown(turn.turn_id, turn.message, status=turn.status)
    for step in answer["steps"]:
        shown.end_call(step)
    shown.plans = {plan_id: PlanLine(plan_id) for plan_id in turn.plan_ids}
    shown.answer, shown.error = turn.answer, answer.get("error")
    return shown
