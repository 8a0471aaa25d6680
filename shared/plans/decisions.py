"""A person's decisions on a plan as they cross the wire, each signed with the approval key (`keys/signing.py`)."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from shared.messages import Identifier, Message, Owner, owner_id
from shared.plans.plan import ReviewStatus


class Person(Message):
    """Who decided: the owner of the session in which they did, as the gateway learned it from AWS."""

    account: str
    principal: str | None = Field(default=None, description="As in `Owner`; None for a caller without an id.")
    caller_arn: str
    session_id: Identifier


class Acknowledged(Message):
    """A finding that a person has acknowledged, with what they typed for it where the plan asks for that."""

    finding_id: str = Field(min_length=1, max_length=64)
    typed: str | None = Field(default=None, max_length=2048)


class Signed(Message):
    """Base of what a person decides. Whoever acts on it refuses unknown fields: they may be conditions.

    `ADDED` names the fields that came after the first release: where they have their default they are not signed, so
    that what was signed before stays valid.
    """

    ADDED: ClassVar[frozenset[str]] = frozenset({"by", "acknowledged", "review", "share_with_model"})

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
        body = self.model_dump(mode="json")
        for name in self.ADDED & type(self).model_fields.keys():
            if getattr(self, name) == type(self).model_fields[name].get_default(call_default_factory=True):
                del body[name]
        return body | (self.model_extra or {})


class Approval(Signed):
    """A person's approval of one digest; signed by the gateway's approval route, checked by the executor.

    `session_id` is the session whose credentials run the plan, one of the plan's owner. `grant_id` names the standing
    grant that approved in the person's place, if one did.
    """

    plan_id: Identifier
    session_id: Identifier
    digest: str
    approved_at: float
    expires_at: float
    nonce: str
    grant_id: Identifier | None = None
    by: Person | None = None
    acknowledged: tuple[Acknowledged, ...] = ()
    review: ReviewStatus | None = Field(default=None, description="Whether Claude's review had come by then.")
    share_with_model: tuple[str, ...] = Field(
        default=(), description="The steps whose sensitive value the model may see for its answer; none by default."
    )


class Cancellation(Signed):
    """A person's request to stop a plan before its next step; signed like an approval."""

    plan_id: Identifier
    session_id: Identifier
    cancelled_at: float
    completed_steps: Literal["undo", "keep"]
    by: Person | None = None


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
    by: Person | None = None


class Grant(Signed):
    """A standing approval of one low-risk operation on the resources of a pattern, for a time; signed like an approval.

    `resource` is matched against every ARN the step acts on; `*` stands for any characters.
    """

    ADDED: ClassVar[frozenset[str]] = frozenset({"owner", "account"})

    grant_id: Identifier
    session_id: Identifier
    owner: Owner | None = None
    account: str | None = Field(default=None, description="The account that it is for; None for the owner's.")
    operation: str = Field(min_length=1, max_length=64)
    resource: str = Field(min_length=1, max_length=512)
    max_uses: int = Field(ge=1, le=1000)
    created_at: float
    expires_at: float

    @property
    def owner_id(self) -> str:
        """Whose it is."""
        return owner_id(self.owner, self.session_id)
