"""What a person decides of a plan, as it crosses the wire; each signed with the approval key (`shared/signing.py`)."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from shared.messages import Identifier, Message


class Signed(Message):
    """Base of what a person decides. A field that is not known may be a condition: who acts on it refuses it."""

    v: Literal[1] = 1
    signature: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        """What is stored, with what a newer version signed besides: to be shown and handed on, not acted on.

        Raises ValidationError.
        """
        return cls.model_validate_json(text, extra="allow")

    @property
    def is_known(self) -> bool:
        """Whether this version knows all that was signed."""
        return not self.model_extra

    def as_signed(self) -> dict[str, Any]:
        """All its fields as JSON, also those that this version does not know."""
        return self.model_dump(mode="json") | (self.model_extra or {})


class Approval(Signed):
    """A person's yes to one digest; signed by the gateway's approval route, checked by the executor.

    `grant_id` names the standing grant where one stood in for the person.
    """

    plan_id: Identifier
    session_id: Identifier
    digest: str
    approved_at: float
    expires_at: float
    nonce: str
    grant_id: Identifier | None = None


class Cancellation(Signed):
    """A person's wish to stop a plan before its next step; signed like an approval."""

    plan_id: Identifier
    session_id: Identifier
    cancelled_at: float
    completed_steps: Literal["undo", "keep"]


class Resolution(Signed):
    """A person's word on a step in doubt: whether it happened, and how the plan goes on; signed like an approval.

    "continue" carries the plan on (with this step, where it did not happen); "stop" ends it, undoing what was done
    where the plan says so.
    """

    plan_id: Identifier
    session_id: Identifier
    digest: str
    step: str
    in_doubt_since: float = Field(description="The plan's `ended_at`: an answer to this doubt, not to a later one.")
    happened: bool
    then: Literal["continue", "stop"]
    resolved_at: float
    nonce: str


class Grant(Signed):
    """A standing approval for one low-risk operation on resources of a pattern, for a time; signed like an approval.

    `resource` is matched against every ARN the step acts on; `*` stands for any characters.
    """

    grant_id: Identifier
    session_id: Identifier
    operation: str = Field(min_length=1, max_length=64)
    resource: str = Field(min_length=1, max_length=512)
    max_uses: int = Field(ge=1, le=1000)
    created_at: float
    expires_at: float
