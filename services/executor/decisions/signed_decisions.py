"""Reads what a person decided about a plan after approving it: to cancel it, or whether a step in doubt happened."""

from __future__ import annotations

from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from services.executor.context import ExecutorContext
from services.executor.records.journal import persistently
from shared.errors import Forbidden
from shared.keys.signing import verify_decision
from shared.plans.decisions import Cancellation, Resolution
from shared.plans.plan import Plan

log = structlog.get_logger(__name__)
Decision = TypeVar("Decision", Cancellation, Resolution)


class SignedDecisions:
    """The decisions that the gateway stored for one plan. One that is not signed for this plan is ignored."""

    def __init__(self, context: ExecutorContext, plan: Plan) -> None:
        self._redis, self._plan = context.redis, plan
        self._key = context.settings.approval_key.get_secret_value().encode()

    def cancellation(self) -> Cancellation | None:
        """The decision to cancel the plan, None where there is none."""
        text: Any = persistently(lambda: self._redis.get(f"cancel:{self._plan.plan_id}"))
        return self._verified(Cancellation, text)

    def is_cancelled(self) -> bool:
        """Whether a person decided to cancel the plan."""
        return self.cancellation() is not None

    def resolutions(self, plan: Plan) -> dict[str, Resolution]:
        """The answers on the steps that are in doubt now, by step id, without answers from an earlier time."""
        texts: Any = persistently(lambda: self._redis.hgetall(f"resolution:{plan.plan_id}"))
        found = {step: self._verified(Resolution, text) for step, text in texts.items()}
        return {
            step: answer
            for step, answer in found.items()
            if answer is not None
            and (answer.step, answer.digest, answer.in_doubt_since) == (step, plan.digest, plan.ended_at)
        }

    def _verified(self, kind: type[Decision], text: str | None) -> Decision | None:
        if not text:
            return None
        try:
            found = kind.model_validate_json(text)
            verify_decision(self._key, found)
        except (ValidationError, Forbidden):
            log.error("decision_refused", plan_id=self._plan.plan_id, kind=kind.__name__)
            return None
        # One that does not say who decided is of before others could: then it was made in the plan's own session.
        by_its_session = found.session_id == self._plan.session_id
        return found if found.plan_id == self._plan.plan_id and (found.by or by_its_session) else None
