"""Runs one operation for a step of a plan, with the plan's own credentials."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import JsonValue

from services.executor.calls.outcome import CancelledBeforeSend, OutcomeUnknown
from services.executor.calls.probing import Prober
from services.executor.calls.step_calls import StepCalls
from services.executor.context import ExecutorContext
from services.executor.execution.denials import explain_denial
from services.executor.execution.recent_work import recent_work
from services.executor.records.files import Files
from services.executor.records.journal import persistently
from services.executor.records.progress import Progress
from services.executor.records.reads import noted
from services.executor.records.values import PlanValues
from services.executor.registry.contexts import OperationContext
from services.executor.registry.location import Location
from services.executor.registry.operation import Operation
from services.executor.scope.drift import drift
from services.executor.scope.session_policy import Scope, scope_for_reading, scope_of, scoped
from shared.aws.clients import Aws, translate
from shared.broker.failures import Interrupted
from shared.errors import AssistantError, Conflict
from shared.messages import Effect
from shared.plans.plan import Plan
from shared.sessions.role_sessions import LOOKING

log = structlog.get_logger(__name__)

DRIFT_PAUSE_SECONDS = 1.0
# Of the credentials' life, for what comes after a wait.
RESERVE_SECONDS = 60.0


class StepOutcomeUnknown(Exception):
    """It is unknown whether a step happened; `unknown` says which of its calls that is about, and why."""

    def __init__(self, step_id: str, unknown: OutcomeUnknown) -> None:
        super().__init__(str(unknown))
        self.step_id, self.unknown = step_id, unknown


@dataclass(frozen=True, slots=True)
class _Session:
    """Clients that read, and those that send a change once, under the lease. `assumed_at`: None for a caller's own."""

    reading: Aws
    sending: Aws
    assumed_at: float | None


class StepRunner:
    """Runs the steps of one run of a plan. Their credentials are asked for when a step first needs them.

    `digests` are the approved SHA-256 of the uploaded files, by file id; `shared` the steps whose value the model may
    see. `late_steps` are the ids of the steps of which
    a call succeeded after the run had lost its lease.
    """

    def __init__(
        self,
        context: ExecutorContext,
        progress: Progress,
        files: Files,
        digests: Mapping[str, str],
        shared: Collection[str] = (),
    ) -> None:
        self._context, self._progress, self._files, self._digests = context, progress, files, digests
        self._values = PlanValues(
            context.redis,
            context.aws.session,
            context.settings.signing_key.get_secret_value().encode(),
            context.clock,
            progress.plan.plan_id,
            shared,
        )
        self._lock = threading.Lock()
        self._sessions: dict[Scope, _Session] = {}
        self._readers: dict[Scope, Aws] = {}
        self.late_steps: list[str] = []

    def attempt(
        self,
        operation: Operation,
        key: str,
        step_id: str,
        arguments: Mapping[str, JsonValue],
        undoes: tuple[Plan, str] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> JsonValue | AssistantError:
        """The operation's result, or the error with which it failed.

        `key` names this use of the operation in the journal. `undoes` names a finished step, by its plan and its id,
        that the operation undoes; it fails with `world_moved_on` where somebody has changed since what that step made.
        `cancelled` is asked before each call is sent. Raises CancelledBeforeSend, StepOutcomeUnknown and Interrupted.
        """
        try:
            with noted(self._progress.journal, key):
                context = self._operation_context(key, step_id, cancelled, undoing=undoes is not None)
                return self._run(operation, context, arguments, undoes)
        except AssistantError as error:
            failure = error
        except (ClientError, BotoCoreError) as error:
            failure = translate(error)
        except OutcomeUnknown as unknown:
            raise StepOutcomeUnknown(step_id, unknown) from unknown
        except (CancelledBeforeSend, Interrupted):
            raise
        except Exception as error:
            # A defect of ours: what happened is unknown, and running the step again could fail like this for ever.
            log.exception("step_crashed", plan_id=self._progress.plan.plan_id, step_id=step_id)
            if operation.effect is Effect.SENSITIVE_READ:  # nothing can have happened
                return AssistantError(
                    "the executor failed unexpectedly; its log has the reason. Propose the read again"
                )
            defect = OutcomeUnknown("", operation.name, f"the executor failed unexpectedly ({type(error).__name__})")
            raise StepOutcomeUnknown(step_id, defect) from error
        if not failure.code.startswith("aws_"):
            log.warning("step_failed", plan_id=self._progress.plan.plan_id, step_id=step_id, code=failure.code)
        return explain_denial(failure, self._progress.step(step_id).iam_actions)

    def find_drift(self, plan: Plan, step_id: str) -> str | None:
        """Why a finished step cannot be undone any more, None where it can. Asks again for a while where AWS fails.

        And where the step ended moments ago: AWS may not show everywhere yet what it made. `plan` is the step's, which
        may be another one than the plan that runs: it is looked at with what its own plan may look at.
        """
        clock, settings = self._context.clock, self._context.settings
        prober = Prober(self._progress.journal, clock, settings.look_seconds)
        aws = self._reader(plan, step_id)
        ended = next((step.ended_at for step in plan.steps if step.id == step_id), None) or 0.0
        while True:
            reason = prober.read(lambda: drift(aws, plan, step_id))
            if reason is None or clock.now() > ended + settings.settle_seconds:
                return reason
            clock.sleep(DRIFT_PAUSE_SECONDS)

    def _reader(self, plan: Plan, step_id: str) -> Aws:
        """Clients that look at what a step of a plan made, made anew where their credentials end soon."""
        aws, now = self._context.aws, self._context.clock.now()
        with self._lock:
            scope = scope_for_reading(aws, plan, step_id)
            found = self._readers.get(scope)
            ends = found.session.credentials.expires_at if found else None
            old = ends is not None and ends - now < RESERVE_SECONDS
            if found is None or (old and aws.session.role_arn is not None):
                found = self._readers[scope] = scoped(aws, plan, scope, LOOKING)
            return found

    def find_drift_if_possible(self, plan: Plan, step_id: str) -> str | None:
        """`find_drift`, and None where AWS does not tell; it is asked once more right before the step is undone."""
        try:
            return self.find_drift(plan, step_id)
        except (ClientError, BotoCoreError, AssistantError) as error:
            log.warning("drift_check_failed", plan_id=plan.plan_id, step_id=step_id, error=type(error).__name__)
            return None

    def _run(
        self,
        operation: Operation,
        context: OperationContext,
        arguments: Mapping[str, JsonValue],
        undoes: tuple[Plan, str] | None,
    ) -> JsonValue:
        values = operation.validate(arguments)
        operation.notes(values, Location.of(context.aws.info), context.read_file)
        # Once a call may have been sent, a difference may be this very step's own work.
        if undoes and not context.calls.begun:
            self._check_drift(*undoes)
            # Between this look and the first call the operation reads for itself what it is about to change.
            context.calls.check_first = lambda: self._check_drift(*undoes)
        return operation.run(context, values)

    def _check_drift(self, plan: Plan, step_id: str) -> None:
        reason = self.find_drift(plan, step_id)
        if reason:
            raise Conflict(reason, code="world_moved_on")

    def _operation_context(
        self, key: str, step_id: str, cancelled: Callable[[], bool] = lambda: False, *, undoing: bool = False
    ) -> OperationContext:
        # What undoes a step of this plan is no step of its own; a step of an undo plan is, and was approved as such.
        inverse = key != step_id
        found = self._scoped(step_id, inverse=inverse, undoing=undoing)
        plan, settings = self._progress.plan, self._context.settings
        calls = StepCalls(
            found.sending,
            self._progress.journal,
            settings,
            key,
            plan.plan_id,
            self._context.clock,
            on_late_effect=lambda: self.late_steps.append(step_id),
            cancelled=cancelled,
            recent=recent_work(self._context, self._progress, found.assumed_at),
            on_wait=lambda waiting: self._progress.note_wait(step_id, waiting),
            undoing=undoing,
        )
        return OperationContext(
            found.reading,
            plan.plan_id,
            step_id,
            calls,
            settings,
            self._read_file,
            # What undoes a step changes other values than the step did.
            shown=() if inverse else self._progress.step(step_id).changes,
            renewed=lambda: self._scoped(step_id, inverse=inverse, undoing=undoing).reading,
            keep_value=self._values.keep,
        )

    def _read_file(self, file_id: str) -> bytes:
        data = persistently(lambda: self._files.read(file_id))
        if hashlib.sha256(data).hexdigest() != self._digests.get(file_id):
            raise Conflict(
                f"the file {file_id} is not the one that was approved; propose the plan again with this one",
                code="stale_digest",
            )
        return data

    def _scoped(self, step_id: str, *, inverse: bool, undoing: bool) -> _Session:
        """The clients of AWS of a step, or of its inverse, with new credentials where these could end while it waits.

        Steps share them where one session's policy has room for all that they need.
        """
        settings = self._context.settings
        needed = settings.undo_name_wait_seconds if undoing else 0.0
        aws, plan, now = self._context.aws, self._progress.plan, self._context.clock.now()
        with self._lock:
            scope = scope_of(aws, plan, step_id, undoing=inverse)
            found = self._sessions.get(scope)
            ends = found.reading.session.credentials.expires_at if found else None
            old = ends is not None and ends - now < needed + RESERVE_SECONDS
            if found is None or (old and aws.session.role_arn is not None):
                reading = scoped(aws, plan, scope)
                once = reading.cache.trying_once(self._progress.journal.check_lease)
                sending = Aws(reading.session, reading.deadline, once, reading.gaps)
                found = _Session(reading, sending, now if aws.session.role_arn is not None else None)
                self._sessions[scope] = found
            return found
