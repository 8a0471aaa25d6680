"""How turns and conversations look over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.orchestrator.plans.view import PlanAnswer, UnreadablePlan
from services.orchestrator.rest import Omittable, RestModel, Time
from services.orchestrator.turns.conversations import Conversation
from services.orchestrator.turns.store import Turn, TurnStatus
from services.orchestrator.turns.text import waiting_answer
from services.orchestrator.workers.view import ErrorAnswer, ToolStep
from shared.broker.stored import UnreadableRecord
from shared.plans.plan import Plan


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
    """A turn. `plan` is the one it waits for or last made; `error` says why it failed.

    `unreadable_plan` is there instead of `plan` where this gateway cannot read it.
    """

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
    unreadable_plan: Omittable[UnreadablePlan] = None
    error: Omittable[ErrorAnswer] = None

    @classmethod
    def of(cls, turn: Turn, found: Plan | UnreadableRecord | None = None) -> TurnAnswer:
        """`found` is the plan the turn waits for or last made."""
        here = f"/v1/turns/{turn.turn_id}"
        plan = found if isinstance(found, Plan) else None
        unread = UnreadablePlan.of(found) if isinstance(found, UnreadableRecord) else None
        return cls.model_validate(
            vars(turn)
            | {
                "identity": turn.session,
                "answer": _answer(turn, plan),
                "links": TurnLinks(self=here, events=f"{here}/events"),
                "plan_ids": turn.plan_ids or None,
                "plan": PlanAnswer.of(plan) if plan else None,
                "unreadable_plan": unread,
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


class UnreadableConversation(RestModel):
    """A conversation that a newer version stored, or that is damaged."""

    conversation_id: str
    why: str


class UnreadableTurn(RestModel):
    """A turn that a newer version stored, or that is damaged."""

    turn_id: str
    why: str


class ConversationPage(RestModel):
    """Conversations, newest first. `unreadable` is there where this gateway could not read some of the page."""

    items: list[ConversationAnswer]
    next_cursor: str | None
    unreadable: Omittable[list[UnreadableConversation]] = None

    @classmethod
    def of(
        cls, items: Sequence[Conversation], unread: Sequence[UnreadableRecord], next_cursor: str | None
    ) -> ConversationPage:
        shown = [ConversationAnswer.model_validate(item) for item in items]
        left_out = [UnreadableConversation(conversation_id=one.id, why=one.why) for one in unread]
        return cls(items=shown, next_cursor=next_cursor, unreadable=left_out or None)


class ConversationWithTurns(ConversationAnswer):
    """A conversation with its newest turns in the order they began; `turn_count` counts all.

    `unreadable` is there where this gateway could not read some of the turns.
    """

    turns: list[TurnAnswer]
    turn_count: int
    unreadable: Omittable[list[UnreadableTurn]] = None

    @classmethod
    def of(
        cls,
        conversation: Conversation,
        turns: Sequence[Turn],
        turn_count: int,
        waiting: Mapping[str, Plan | UnreadableRecord | None],
        unread: Sequence[UnreadableRecord] = (),
    ) -> ConversationWithTurns:
        """`waiting`: by turn id, the plan that a turn waits for."""
        answers = [TurnAnswer.of(turn, waiting.get(turn.turn_id)) for turn in turns]
        left_out = [UnreadableTurn(turn_id=one.id, why=one.why) for one in unread] or None
        return cls.model_validate(
            vars(conversation) | {"turns": answers, "turn_count": turn_count, "unreadable": left_out}
        )
