"""How a plan's drift looks over REST."""

from __future__ import annotations

from pydantic import Field

from services.orchestrator.plans.drift.model import ByWhom, Changer, HistoryVerdict, PlanDrift, StepFound, Verdict
from services.orchestrator.plans.drift.page import drift_page
from services.orchestrator.rest import Compact, Json, Omittable, RestModel, Time
from shared.messages import Gap
from shared.plans.drift import DriftState


class DriftValue(RestModel):
    """One value that is not as it was left; null is "not set"."""

    path: str = Field(description='JSON pointer (RFC 6901) into the resource; "" is the resource itself.')
    left: Json = Field(description="As it was left; where the plan called an operation, what this leads to.")
    now: Json = Field(description="As AWS shows it now.")
    hidden: bool = Field(description="It may hold a secret: neither value is shown.")
    left_size: Omittable[int] = Field(default=None, description="Characters of `left` as JSON, where it is cut.")
    now_size: Omittable[int] = Field(default=None, description="Characters of `now` as JSON, where it is cut.")


class DriftEvent(RestModel):
    """One call that changed the resource, as CloudTrail has it. Text of others, but for `plan_id`."""

    event_id: str = Field(description="CloudTrail's.")
    event_name: str = Field(description="Such as `DeleteBucket`.")
    event_source: str = Field(description="Such as `s3.amazonaws.com`.")
    time: Time = Field(description="When AWS took the call, to the second.")
    region: str
    principal: str | None = Field(description="The ARN of who called.")
    session_name: str | None = Field(description="The role session's, where there was one.")
    invoked_by: str | None = Field(description="The AWS service that called in their name.")
    source_address: str | None = Field(description="An IP address, or the name of an AWS service.")
    request_id: str | None = Field(description="AWS's, which the caller got.")
    plan_id: Omittable[str] = Field(default=None, description="A plan of yours that made the call, where one did.")

    @classmethod
    def of(cls, found: Changer) -> DriftEvent:
        return cls.model_validate(vars(found.event) | {"plan_id": found.plan_id})


class DriftHistory(RestModel):
    """Who changed it since it was left, by AWS's event history; calls that AWS refused are left out."""

    verdict: HistoryVerdict = Field(
        description="`found`; `none_recorded`: the history was read, and has no change of it; `unknown`: part of it "
        "could not be read, and shows none elsewhere."
    )
    events: list[DriftEvent] = Field(description="Newest first.")
    more: int = Field(description="Further events, for which there is no room.")
    unread: Omittable[str] = Field(default=None, description="Why part of the history was not read.")

    @classmethod
    def of(cls, found: ByWhom) -> DriftHistory:
        return cls.model_validate(vars(found) | {"events": [DriftEvent.of(one) for one in found.events]})


class DriftStep(RestModel):
    """One step that left something, and what became of it."""

    step: str
    operation: str
    title: str
    undone: bool = Field(description="The step has been undone: what was there before it is what was left.")
    left_at: Time = Field(description="When the step ended, or was undone.")
    state: DriftState = Field(
        description="`as_left`; `changed`: `values` differ; `gone`: it is there no more; `unknown`: `why` says why it "
        "could not be compared."
    )
    compares: str = Field(description="What was compared, in words; nothing else was.")
    why: str | None = Field(description="How it differs, or why that is not known; null where it does not.")
    code: Omittable[str] = Field(default=None, description="The error's code, where AWS could not be read.")
    values: list[DriftValue] = Field(description="The values that differ.")
    values_left_out: int = Field(description="Further values, for which there is no room.")
    region: str | None = Field(description="Where it is; null where it has no region, or the step does not say.")
    by_whom: Omittable[DriftHistory] = Field(default=None, description="Of what is changed or gone.")

    @classmethod
    def of(cls, found: StepFound) -> DriftStep:
        history = DriftHistory.of(found.by_whom) if found.by_whom else None
        return cls.model_validate(vars(found.drift) | {"title": found.title, "by_whom": history})


class DriftCounts(RestModel):
    """How many steps are in each state."""

    as_left: int
    changed: int
    gone: int
    unknown: int


class DriftAnswer(RestModel):
    """What of a plan is no longer as it was left."""

    plan_id: str
    looked_at: Time = Field(description="When AWS was asked.")
    verdict: Verdict = Field(
        description="`drifted`: something is changed or gone; `as_left`: every step was compared, and is as it was "
        "left; `not_certain`: what could be compared is."
    )
    complete: bool = Field(
        description="False where a step could not be compared, or AWS's event history not read for one that differs."
    )
    counts: DriftCounts
    summary: str = Field(description="All of it as a page of text.")
    steps: list[DriftStep] = Field(description="The steps that left something, in the plan's order.")
    history_until: Omittable[Time] = Field(
        default=None, description="What happened later may not be in AWS's event history yet."
    )
    gaps: list[Compact[Gap]]

    @classmethod
    def of(cls, found: PlanDrift) -> DriftAnswer:
        return cls.model_validate(
            {
                "plan_id": found.plan_id,
                "looked_at": found.looked_at,
                "verdict": found.verdict,
                "complete": found.complete,
                "counts": dict(found.counts),
                "summary": drift_page(found),
                "steps": [DriftStep.of(one) for one in found.steps],
                "history_until": found.shown_until,
                "gaps": found.gaps,
            }
        )
