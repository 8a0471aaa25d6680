"""A person's decisions on a plan as they cross the wire, each signed with the approval key (`shared/signing.py`)."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from shared.messages import Identifier, Message


class Signed(Message):
    """Base of what a person decides. Whoever acts on it refuses unknown fields: they may be conditions."""

    v: Literal[1] = 1
    signature: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a stored decision to show it or to hand it on, and keep the fields that a newer version signed.

        Raises ValidationError.
        """
        return cls.model_validate_json(text, extra="allow")

    @property
    def is_known(self) -> bool:
        """True where it has no fields that this version does not know."""
        return not self.model_extra

    def as_signed(self) -> dict[str, Any]:
        """All its fields as JSON, including those that this version does not know."""
        return self.model_dump(mode="json") | (self.model_extra or {})


class Approval(Signed):
    """A person's approval of one digest; signed by the gateway's approval route, checked by the executor.

    `grant_id` names the standing grant that approved in the person's place, if one did.
    """

    plan_id: Identifier
    session_id: Identifier
    digest: str
    approved_at: float
    expires_at: float
    nonce: str
    grant_id: Identifier | None = None


class Cancellation(Signed):
    """A person's request to stop a plan before its next step; signed like an approval."""

    plan_id: Identifier
    session_id: Identifier
    cancelled_at: float
    completed_steps: Literal["undo", "keep"]


class Resolution(Signed):
    """A person's answer about a step in doubt: whether it happened, and how the plan goes on; signed like an approval.

    "continue" resumes the plan (with this step, where it did not happen); "stop" ends it, undoing the finished steps
    where the plan says so.
    """

    plan_id: Identifier
    session_id: Identifier
    digest: str
    step: str
    in_doubt_since: float = Field(
        description="The plan's `ended_at`: which end `in_doubt` this answers; a later one needs its own answer."
    )
    happened: bool
    then: Literal["continue", "stop"]
    resolved_at: float
    nonce: str


class Grant(Signed):
    """A standing approval of one low-risk operation on the resources of a pattern, for a time; signed like an approval.

    `resource` is matched against every ARN the step acts on; `*` stands for any characters.
    """

    grant_id: Identifier
    session_id: Identifier
    operation: str = Field(min_length=1, max_length=64)
    resource: str = Field(min_length=1, max_length=512)
    max_uses: int = Field(ge=1, le=1000)
    created_at: float
    expires_at: float
