"""A plan as it is proposed, prepared and carried out, with Claude's review of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from shared.messages import Finding, Identifier, Identity, Owner, Record, owner_id
from shared.plans.step import Step


class Risk(Record):
    severity: Literal["low", "medium", "high"]
    title: str
    detail: str


class Review(Record):
    """Claude's advice on a plan's policies, or why there is none. It is shown to the person and decides nothing."""

    status: Literal["reviewed", "not_reviewed"]
    reason: str | None = Field(default=None, description="Why it was not reviewed.")
    verdict: Literal["looks_fine", "concerns", "dangerous"] | None = None
    summary: str | None = None
    risks: tuple[Risk, ...] = ()
    suggestions: tuple[str, ...] = ()
    suggested_policy: dict[str, Any] | None = None
    model: str | None = None


# Of Claude's review of a plan's policies: it is to come, has come, or will not come.
ReviewStatus = Literal["pending", "done", "unavailable"]
# What the operator's rules ask for: no approval without a review, or none before it has come or is unavailable.
ReviewNeeded = Literal["required", "if_available"]

PlanStatus = Literal[
    "proposed",
    "approved",
    "running",
    "done",
    "failed",
    "undoing",
    "undone",
    "rejected",
    "expired",
    "in_doubt",
    "cancelled",
]
PLAN_ENDS: frozenset[str] = frozenset({"done", "failed", "undone", "rejected", "expired", "in_doubt", "cancelled"})


class PlanBound(Record):
    """How much of what the operator allows a plan uses: 2 of 10 changes of permissions."""

    what: str
    used: int
    most: int


class ToAcknowledge(Record):
    """A finding that has to be acknowledged with the approval; the digest covers it."""

    finding_id: str
    typed: str | None = Field(
        default=None, description="What a person has to type: the identifier of what is lost. None: nothing."
    )


class Plan(Record):
    """A change as proposed, prepared and carried out. The digest binds what a person approves."""

    v: Literal[1] = 1
    plan_id: Identifier
    session_id: Identifier = Field(description="The session that had it prepared.")
    owner: Owner | None = None
    turn_id: Identifier | None = None
    status: PlanStatus
    goal: str
    proposed_by: Literal["program"] | None = Field(
        default=None, description="program: proposed over REST, where the person's own words were not seen."
    )
    digest: str = Field(description="SHA-256 of the canonical JSON of what will run, hexadecimal.")
    created_at: float
    expires_at: float
    identity: Identity
    steps: tuple[Step, ...]
    on_failure: Literal["undo", "keep"] = "undo"
    findings: tuple[Finding, ...] = ()
    acknowledge: tuple[ToAcknowledge, ...] = Field(
        default=(), description="The findings without whose acknowledgement nobody approves it."
    )
    approvers: int = Field(default=0, description="How many people besides its owner have to approve it.")
    approved_so_far: tuple[str, ...] = Field(
        default=(), description="Who has approved it, while more have to; the gateway fills it in."
    )
    review: Review | None = Field(
        default=None, description="In the executor's record only where it could not be asked for; else it comes later."
    )
    review_until: float | None = Field(
        default=None, description="Claude was asked, and answers until then; after that there is no review."
    )
    review_needed: ReviewNeeded | None = Field(default=None, description="What an approval has to wait for.")
    undoes: Identifier | None = Field(default=None, description="The finished plan that this one takes back.")
    replaces: Identifier | None = Field(
        default=None, description="The plan of which this is the edited form; nobody decides it before it has."
    )
    replaced_by: Identifier | None = Field(
        default=None, description="The edited form of it, to be decided instead; the gateway fills it in."
    )
    limits: tuple[PlanBound, ...] = ()
    summary: str = Field(default="", description="The plan's page as it was when the plan was prepared.")
    approved_by: str | None = Field(
        default=None, description='"person", or the id of the standing grant that stood in; the gateway fills it in.'
    )
    decided_at: float | None = None
    runs_in: Identifier | None = Field(
        default=None, description="The session whose credentials run it, as the approval says; the gateway fills it in."
    )
    cancel_requested: bool = Field(
        default=False, description="A person has asked to stop it, and it has not ended; the gateway fills it in."
    )
    ended_at: float | None = None
    ended_because: str | None = Field(
        default=None, description="Why it ended, where no step's error says so; the gateway fills it in."
    )

    @property
    def owner_id(self) -> str:
        """Whose it is."""
        return owner_id(self.owner, self.session_id)

    @property
    def review_status(self) -> ReviewStatus | None:
        """Whether Claude's review has come."""
        if self.review is not None:
            return "done" if self.review.status == "reviewed" else "unavailable"
        return "pending" if self.review_until is not None else None
