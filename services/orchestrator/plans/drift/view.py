"""How a plan's drift looks over REST."""

from __future__ import annotations

from services.orchestrator.plans.drift.model import ByWhom, Changer, HistoryVerdict, PlanDrift, StepFound, Verdict
from services.orchestrator.plans.drift.page import drift_page
from services.orchestrator.rest import Compact, Json, Omittable, RestModel, Time
from shared.drift import DriftState
from shared.messages import Gap


class DriftValue(RestModel):
    """One value that is not as it was left; null is "not set". `path` is a JSON pointer, "" the resource itself.

    `hidden`: it may hold a secret, neither value is shown. The sizes, in characters of JSON, are there where a value is
    cut.
    """

    path: str
    left: Json
    now: Json
    hidden: bool
    left_size: Omittable[int] = None
    now_size: Omittable[int] = None


class DriftEvent(RestModel):
    """One call that changed the resource, as CloudTrail has it. Text of others, but for `plan_id`.

    `plan_id` is a plan of yours that made the call, where one did.
    """

    event_id: str
    event_name: str
    event_source: str
    time: Time
    region: str
    principal: str | None
    session_name: str | None
    invoked_by: str | None
    source_address: str | None
    request_id: str | None
    plan_id: Omittable[str] = None

    @classmethod
    def of(cls, found: Changer) -> DriftEvent:
        return cls.model_validate(vars(found.event) | {"plan_id": found.plan_id})


class DriftHistory(RestModel):
    """Who changed it since it was left, newest first; `more` events are not listed.

    `none_recorded`: AWS's event history was read, and has no change of it. `unknown`: part of it could not be read, and
    `unread` says why.
    """

    verdict: HistoryVerdict
    events: list[DriftEvent]
    more: int
    unread: Omittable[str] = None

    @classmethod
    def of(cls, found: ByWhom) -> DriftHistory:
        return cls.model_validate(vars(found) | {"events": [DriftEvent.of(one) for one in found.events]})


class DriftStep(RestModel):
    """One step that left something. `compares` says what was compared: nothing else was.

    `state`: `as_left`; `changed`: `values` differ; `gone`: it is there no more; `unknown`: `why` says why it could not
    be compared. Where the step has been undone (`undone`), what was there before it is what was left.
    """

    step: str
    operation: str
    title: str
    undone: bool
    left_at: Time
    state: DriftState
    compares: str
    why: str | None
    code: Omittable[str] = None
    values: list[DriftValue]
    values_left_out: int
    region: str | None
    by_whom: Omittable[DriftHistory] = None

    @classmethod
    def of(cls, found: StepFound) -> DriftStep:
        history = DriftHistory.of(found.by_whom) if found.by_whom else None
        return cls.model_validate(vars(found.drift) | {"title": found.title, "by_whom": history})


class DriftAnswer(RestModel):
    """What of a plan is no longer as it was left. `summary` is its page in words, `gaps` what could not be seen.

    `verdict`: `drifted`: something is changed or gone; `as_left`: every step was compared and is as it was left;
    `not_certain`: what could be compared is as it was left. `complete`: all steps were compared, and AWS's event
    history was read for each that differs.
    """

    plan_id: str
    looked_at: Time
    verdict: Verdict
    complete: bool
    counts: dict[DriftState, int]
    summary: str
    steps: list[DriftStep]
    history_until: Omittable[Time] = None
    gaps: list[Compact[Gap]]

    @classmethod
    def of(cls, found: PlanDrift) -> DriftAnswer:
        return cls(
            plan_id=found.plan_id,
            looked_at=found.looked_at,
            verdict=found.verdict,
            complete=found.complete,
            counts=dict(found.counts),
            summary=drift_page(found),
            steps=[DriftStep.of(one) for one in found.steps],
            history_until=found.shown_until,
            gaps=list(found.gaps),
        )
