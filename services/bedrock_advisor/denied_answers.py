"""The answer of the tool `explain_denied`, and the part of it that Claude writes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, JsonValue

from services.bedrock_advisor.answers import Answer
from shared.aws.denials.read import PolicyType
from shared.messages import Message


class DenialAnswer(Answer):
    """Input of `report_denial_explanation`."""

    explanation: str = Field(
        min_length=1, description="Three sentences at most: why it was denied, as far as is known."
    )
    next_steps: list[str] = Field(description="What to do, most useful first; empty if nothing is known.")


class LookUp(Message):
    """A call that shows what the message does not."""

    tool: str
    arguments: dict[str, JsonValue]
    shows: str


class DenialExplanation(Message):
    """What `explain_denied` returns. All but the last five fields are read from the message alone; null: not shown."""

    is_denial: bool = Field(description="Whether the text is one that AWS writes when it denies a request.")
    code: str | None
    caller: str | None
    operation: str | None
    action: str | None
    candidates: tuple[str, ...] = Field(description="The IAM actions that it may be, where the message does not tell.")
    resource: str | None
    decided_by: PolicyType | None
    denial: Literal["explicit", "implicit"] | None = Field(
        description="explicit: a Deny statement decided; implicit: an Allow is missing."
    )
    policy_arn: str | None
    encoded: bool = Field(description="Whether AWS has put the details into an encoded message.")
    meaning: tuple[str, ...] = Field(description="What the message means, a sentence or two each.")
    allowing_policy: dict[str, Any] | None = Field(
        description="The smallest policy that would allow the request; null where none does, or a part is not shown."
    )
    allowing_policy_goes_to: str | None
    cannot_change: str | None = Field(description="Who alone can change what decided, where the caller cannot.")
    not_shown: tuple[str, ...] = Field(description="What the message does not show.")
    look_up: tuple[LookUp, ...] = Field(description="Calls that show more.")
    explanation: str | None = Field(default=None, description="Claude's words.")
    next_steps: tuple[str, ...] = ()
    model: str | None = None
    reviewed: bool = False
    reason_not_reviewed: str | None = None
