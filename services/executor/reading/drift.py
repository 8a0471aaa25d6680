"""Compares an ended plan with AWS, step by step: what is as the plan left it, changed, gone, or not known.

It reads with what the plan's steps may look at and nothing else. The plan's record and journal are not touched.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from services.executor.context import ExecutorContext
from services.executor.decisions.approvals import check_known
from services.executor.operations import OPERATIONS
from services.executor.reading.resource_names import names_of, region_of
from services.executor.records.plans import PlanStore
from services.executor.registry.drift import Drift, Moved, NotRecorded
from services.executor.registry.location import Location
from services.executor.scope import drift
from services.executor.scope.known_steps import KnownStep, known_steps
from services.executor.scope.session_policy import looks, readers
from shared.aws.clients import Aws, translate
from shared.errors import AssistantError, Conflict
from shared.messages import Effect
from shared.plans.drift import MAX_VALUE_CHARACTERS, MAX_VALUES, ComparedPlan, MovedValue, StepDrift
from shared.plans.plan import PLAN_ENDS, Plan
from shared.plans.step import Step
from shared.text.shorten import shorten, size_of

# Steps that are compared at the same time, as many as run so.
PARALLEL = 4
# Of a call's time, for the answer; a step that is not begun before that is not compared.
RESERVE_SECONDS = 8.0


def compare(context: ExecutorContext, plan_id: str) -> ComparedPlan:
    """What of the plan is as it was left. What cannot be read is `unknown` with its reason, step by step.

    Raises NotFound, and Conflict (`plan_not_ended`, `plan_of_newer_version`).
    """
    store = PlanStore(context.redis)
    plan = store.get(plan_id, context.owner_id)
    check_known(plan, store)
    if plan.status not in PLAN_ENDS:
        raise Conflict(f"the plan is {plan.status}; it is compared with AWS once it has ended", code="plan_not_ended")
    looked_at = context.clock.now()
    comparing = _Comparing(context, plan)
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix=f"drift-{plan_id}") as pool:
        found = list(pool.map(comparing.of, (step for step in plan.steps if _left_something(step))))
    return ComparedPlan(plan_id=plan_id, looked_at=looked_at, steps=tuple(found))


def _left_something(step: Step) -> bool:
    return step.status in ("done", "undone", "in_doubt") and step.effect is not Effect.SENSITIVE_READ


class _Comparing:
    """One comparison of a plan; clients of AWS are made for one step at a time."""

    def __init__(self, context: ExecutorContext, plan: Plan) -> None:
        self._context, self._plan = context, plan
        self._location = Location.of(context.aws.info)
        self._known = {one.id: one for one in known_steps(plan, self._location)}
        self._reader, self._lock = readers(context.aws, plan), threading.Lock()

    def of(self, step: Step) -> StepDrift:
        """One step. Raises nothing that a step's own comparison can meet."""
        names, region = names_of(self._plan, step, self._location), region_of(step)
        about = StepDrift(
            step=step.id,
            operation=step.operation,
            undone=step.status == "undone",
            left_at=step.ended_at or self._plan.ended_at or 0.0,
            state="unknown",
            compares=OPERATIONS[step.operation].compares,
            names=names,
            region=region,
        )
        if reason := self._not_comparable(step):
            return about.model_copy(update={"why": reason})
        try:
            self._check_fences(self._known[step.id], region)
            found = drift.look(self._aws(step), self._plan, step)
        except NotRecorded as reason:
            return about.model_copy(update={"why": str(reason)})
        except AssistantError as error:
            return _unread(about, error)
        except (ClientError, BotoCoreError) as error:
            return _unread(about, translate(error))
        return about.model_copy(update=_told(found))

    def _not_comparable(self, step: Step) -> str | None:
        if step.status == "in_doubt":
            return "it is in doubt whether the step happened: say so first"
        if OPERATIONS[step.operation].drift is None:
            return "nothing is recorded of what the step left that could be compared"
        if not isinstance(step.result, dict):
            return "the step has no result"
        if self._context.aws.remaining() < RESERVE_SECONDS:
            return "the time for this answer ran out before the step was compared; ask again"
        return None

    def _check_fences(self, step: KnownStep, region: str | None) -> None:
        """Raise Forbidden where a fence of the session leaves out what is read for the step."""
        perimeter = self._context.perimeter
        perimeter.check_account(self._context.aws.info.account, self._context.aws.session.account_name)
        perimeter.check_actions(action for action, _ in step.declared.needs if looks(action))
        if region is not None:
            perimeter.check_region(region)

    def _aws(self, step: Step) -> Aws:
        with self._lock:
            return self._reader(step.id)


def _unread(about: StepDrift, error: AssistantError) -> StepDrift:
    return about.model_copy(update={"why": f"AWS could not be read: {error.detail}", "code": error.code})


def _told(found: Drift | None) -> dict[str, object]:
    if found is None:
        return {"state": "as_left"}
    return {
        "state": "gone" if found.gone else "changed",
        "why": found.why,
        "values": tuple(map(_shown, found.moved[:MAX_VALUES])),
        "values_left_out": len(found.moved[MAX_VALUES:]),
    }


def _shown(moved: Moved) -> MovedValue:
    if moved.hidden:
        return MovedValue(path=moved.path, hidden=True)
    left, left_cut = shorten(moved.left, MAX_VALUE_CHARACTERS)
    now, now_cut = shorten(moved.now, MAX_VALUE_CHARACTERS)
    return MovedValue(
        path=moved.path,
        left=left,
        now=now,
        left_size=size_of(moved.left) if left_cut else None,
        now_size=size_of(moved.now) if now_cut else None,
    )
