"""How turns and conversations look over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.orchestrator.plans.view import PlanAnswer
from services.orchestrator.rest import Omittable, RestModel, Time
from services.orchestrator.turns.conversations import Conversation
from services.orchestrator.turns.store import Turn, TurnStatus
from services.orchestrator.turns.text import waiting_answer
from services.orchestrator.workers.view import ErrorAnswer, ToolStep
from shared.messages import Plan


class TurnIdentity(RestModel):
    """Which account was asked, as whom, and in which region."""

    account: str
    caller_arn: str
    region: str


class UsageAnswer(RestModel):
    """What the turn cost at the model provider. `estimated` where the provider did not say."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    rounds: int
    estimated: bool


class TurnLinks(RestModel):
    self: str
    events: str


class TurnAnswer(RestModel):
    """A turn. `plan` is the one it waits for or last made; `error` says why it failed."""

    conversation_id: str
    turn_id: str
    status: TurnStatus
    message: str
    answer: str
    steps: list[ToolStep]
    identity: TurnIdentity
    usage: UsageAnswer
    created_at: Time
    updated_at: Time
    links: TurnLinks
    plan_ids: Omittable[list[str]] = None
    plan: Omittable[PlanAnswer] = None
    error: Omittable[ErrorAnswer] = None

    @classmethod
    def of(cls, turn: Turn, plan: Plan | None = None) -> TurnAnswer:
        here = f"/v1/turns/{turn.turn_id}"
        return cls.model_validate(
            vars(turn)
            | {
                "identity": turn.session,
                "answer": _answer(turn, plan),
                "links": TurnLinks(self=here, events=f"{here}/events"),
                "plan_ids": turn.plan_ids or None,
                "plan": PlanAnswer.of(plan) if plan else None,
            }
        )


def _answer(turn: Turn, plan: Plan | None) -> str:
    """The turn's answer; where it waits for a plan, with the plan's page as it is now."""
    waits = turn.status == "waiting_for_approval" and plan is not None and plan.plan_id == turn.plan_id
    return waiting_answer(plan) if waits and plan else turn.answer


class ConversationAnswer(RestModel):
    """A conversation in a list."""

    conversation_id: str
    title: str
    created_at: Time
    updated_at: Time


class ConversationPage(RestModel):
    """Conversations, newest first."""

    items: list[ConversationAnswer]
    next_cursor: str | None


class ConversationWithTurns(ConversationAnswer):
    """A conversation with its newest turns in the order they began; `turn_count` counts all."""

    turns: list[TurnAnswer]
    turn_count: int

    @classmethod
    def of(
        cls, conversation: Conversation, turns: Sequence[Turn], turn_count: int, waiting: Mapping[str, Plan | None]
    ) -> ConversationWithTurns:
        """`waiting`: by turn id, the plan that a turn waits for."""
        answers = [TurnAnswer.of(turn, waiting.get(turn.turn_id)) for turn in turns]
        return cls.model_validate(vars(conversation) | {"turns": answers, "turn_count": turn_count})
