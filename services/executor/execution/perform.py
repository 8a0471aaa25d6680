"""Carries out one operation for a step of a plan, under the plan's own credentials."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import JsonValue

from services.executor.calls.once import Calls, OutcomeUnknown
from services.executor.context import ExecutorContext
from services.executor.execution.denials import explain_denial
from services.executor.records.files import Files
from services.executor.records.journal import persistently
from services.executor.records.progress import Progress
from services.executor.registry.location import Location
from services.executor.registry.operation import Operation, OperationContext
from services.executor.scope.drift import drift
from services.executor.scope.session_policy import scoped
from shared.aws import Aws, translate
from shared.broker.failures import Interrupted
from shared.errors import AssistantError, Conflict
from shared.messages import Plan

log = structlog.get_logger(__name__)


class StepOutcomeUnknown(Exception):
    """Nobody can tell whether a call of this step happened."""

    def __init__(self, step_id: str, doubt: OutcomeUnknown) -> None:
        super().__init__(str(doubt))
        self.step_id, self.doubt = step_id, doubt


class Performer:
    """The way to AWS of one run; its credentials are asked for when the first step needs them."""

    def __init__(self, context: ExecutorContext, progress: Progress, files: Files, digests: Mapping[str, str]) -> None:
        self._context, self._progress, self._files, self._digests = context, progress, files, digests
        self._lock = threading.Lock()
        self._aws: tuple[Aws, Aws] | None = None
        # Steps whose call got through after the plan was lost.
        self.late: list[str] = []

    def attempt(
        self,
        operation: Operation,
        key: str,
        step_id: str,
        arguments: Mapping[str, JsonValue],
        takes_back: tuple[Plan, str] | None = None,
    ) -> JsonValue | AssistantError:
        """The operation's result, or its failure in our words.

        `key` names this use of the operation in the journal. With `takes_back`, a plan and a step of it, nothing is
        done where the world has moved on since that step. Raises StepInDoubt and Interrupted.
        """
        try:
            return self._perform(operation, key, step_id, arguments, takes_back)
        except AssistantError as error:
            failure = error
        except (ClientError, BotoCoreError) as error:
            failure = translate(error)
        except OutcomeUnknown as doubt:
            raise StepOutcomeUnknown(step_id, doubt) from doubt
        except Interrupted:
            raise
        except Exception as error:
            # A defect of ours, anywhere in the step: nobody knows what happened, and it must not be tried in a loop.
            log.exception("step_crashed", plan_id=self._progress.plan.plan_id, step_id=step_id)
            defect = OutcomeUnknown("", operation.name, f"the executor failed unexpectedly ({type(error).__name__})")
            raise StepOutcomeUnknown(step_id, defect) from error
        if not failure.code.startswith("aws_"):
            log.warning("step_failed", plan_id=self._progress.plan.plan_id, step_id=step_id, code=failure.code)
        return explain_denial(failure, self._progress.step(step_id).iam_actions)

    def _perform(
        self,
        operation: Operation,
        key: str,
        step_id: str,
        arguments: Mapping[str, JsonValue],
        takes_back: tuple[Plan, str] | None,
    ) -> JsonValue:
        values = operation.validate(arguments)
        context = self._operation_context(key, step_id)
        operation.notes(values, Location.of(context.aws.info), context.read_file)
        if takes_back and not context.calls.begun:
            reason = self.drift(*takes_back)
            if reason:
                raise Conflict(reason, code="world_moved_on")
        return operation.run(context, values)

    def drift(self, plan: Plan, step_id: str) -> str | None:
        """Why a finished step cannot be taken back any more; asks again for a while where AWS fails to tell."""
        context = self._operation_context(step_id, step_id)
        return context.calls.asked(lambda: drift(context.aws, plan, step_id))

    def known_drift(self, plan: Plan, step_id: str) -> str | None:
        """`moved_on` before anything is begun: what cannot be found out now is found out before the step."""
        try:
            return self.drift(plan, step_id)
        except (ClientError, BotoCoreError, AssistantError) as error:
            log.warning("moved_on_unknown", plan_id=plan.plan_id, step_id=step_id, error=type(error).__name__)
            return None

    def _operation_context(self, key: str, step_id: str) -> OperationContext:
        aws, sending = self._scoped()
        plan_id, settings = self._progress.plan.plan_id, self._context.settings
        calls = Calls(sending, self._progress.journal, settings, key, plan_id, late=lambda: self.late.append(step_id))
        return OperationContext(aws, plan_id, step_id, calls, settings, self._read_file)

    def _read_file(self, file_id: str) -> bytes:
        data = persistently(lambda: self._files.read(file_id))
        if hashlib.sha256(data).hexdigest() != self._digests.get(file_id):
            raise Conflict(f"the file {file_id} is not the one that was approved", code="stale_digest")
        return data

    def _scoped(self) -> tuple[Aws, Aws]:
        """The plan's way to AWS: to look, and to change."""
        with self._lock:
            if self._aws is None:
                looking = scoped(self._context.aws, self._progress.plan)
                once = looking.cache.trying_once(self._progress.journal.check)
                sending = Aws(looking.session, looking.deadline, once, looking.gaps)
                self._aws = looking, sending
            return self._aws
