"""The calls of AWS that one step makes to change something: each is sent once, whatever becomes of its answer.

botocore does not repeat them. Where it is unknown whether a call happened (a 5xx, a time-out, a lost connection, a
killed worker) AWS is probed: an effect that is there is adopted, a call without effect is sent again once AWS had time
to show one, and where AWS cannot tell, the plan stops and a person says what happened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import structlog
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pydantic import JsonValue

from services.executor.calls.call import MAX_SENDS, Call
from services.executor.calls.classify import SEND_ERRORS, Failure, SendError, classify, is_throttled, status_of
from services.executor.calls.conclude import conclude
from services.executor.calls.entry import Entry, read_entry, replay, sent_before, write_entry
from services.executor.calls.observation import Happened, NotYet, Observation, Probe, Unclear, unseen
from services.executor.calls.outcome import Answered, CancelledBeforeSend, Later, Outcome, Refused
from services.executor.calls.passing import NOT_THERE, Wait, wait_for
from services.executor.calls.probing import READ_PAUSE_SECONDS, Prober
from services.executor.calls.recent import Recent
from services.executor.calls.request import Request, with_token
from services.executor.calls.send import send
from services.executor.calls.sent import SentRequests
from services.executor.calls.waiting import OnWait, Waiting
from services.executor.clock import SYSTEM_CLOCK, Clock
from services.executor.records.journal import Journal
from services.executor.settings import ExecutorSettings
from shared.access.stripping import strip
from shared.aws.clients import Aws, error_code, translate
from shared.errors import AssistantError

# AWS remembers a client token of Cloud Control for 36 hours; an hour of that is left for clocks that differ.
# https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations.html
TOKEN_SECONDS = 35 * 3600.0

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(slots=True)
class StepCalls:
    """`key` is the step's id, or an id of its own for undoing the step; the clients of `aws` send each request once.

    `on_late_effect` is called where AWS confirms a change after the plan's lease was lost. `cancelled` says whether a
    person cancelled the plan: then a step that has changed nothing yet sends nothing. One that has goes on to its end,
    since half a step is no state that the plan could show. `check_first` runs right before the first send of the step's
    first call, and raises what must keep the step from beginning. `recent` tells what was made and removed lately, as
    of a time; `on_wait` is told what is waited for, and None once that is over.
    """

    aws: Aws
    journal: Journal
    settings: ExecutorSettings
    key: str
    plan_id: str
    clock: Clock = SYSTEM_CLOCK
    on_late_effect: Callable[[], None] = lambda: None
    cancelled: Callable[[], bool] = lambda: False
    check_first: Callable[[], None] = lambda: None
    recent: Callable[[float], Recent] = Recent
    on_wait: OnWait = lambda text: None
    undoing: bool = False
    _done: list[tuple[Request, float]] = field(default_factory=list)
    _sent: dict[str, SentRequests] = field(default_factory=dict)

    def once(
        self,
        request: Request,
        probe: Probe,
        *,
        before: Callable[[], None] = lambda: None,
        keep: Callable[[dict[str, Any]], JsonValue] = lambda answer: None,
        name: str = "",
    ) -> Any:
        """Have the call happen once and return what `keep` takes of its answer, however often this is run.

        `probe` tells whether it happened, with the same value. `before` runs before each send and raises what must
        keep it from being sent. `name` tells two calls of one AWS operation in a step apart. A refusal that passes by
        itself (`passing.py`) is waited for.

        Raises AwsError and its kin where AWS refuses, what `before` raises, CancelledBeforeSend, OutcomeUnknown,
        LeaseLost and RedisAway.
        """
        field = f"{self.key}/{name or request.name}"
        entry = read_entry(self.journal, field)
        call = Call(field, request, self._region_of(request), self._sent_for(field, entry), probe, before, keep)
        if entry and entry.state != "intent":
            value = replay(entry)
        else:
            outcome = self._carried_out(call, self._settle_intent(call, entry) if entry else NotYet())
            value = conclude(self.journal, call, outcome, self.clock.now(), self.on_late_effect)
        # Raised in between where it did not happen.
        self._done.append((request, entry.at if entry else self.clock.now()))
        return value

    def by_token(self, request: Request, keep: Callable[[dict[str, Any]], JsonValue], look: Probe, name: str) -> Probe:
        """The probe of a request that AWS recognises by its token: sent again, it is answered as the first one was.

        The request and `keep` are those of `once`, and `name` is what it was given. `look` probes in another way once
        AWS has forgotten the token.
        """

        def ask_again() -> Observation:
            field = f"{self.key}/{name}"
            entry = read_entry(self.journal, field)
            if entry is None or self.clock.now() > entry.at + TOKEN_SECONDS:
                return look()
            client = self.aws.client(request.service, request.region)
            parameters = with_token(client, request, f"{self.plan_id}/{self.key}")
            log.info("aws_call_asked_again", request=request.name, field=field)
            sent = self._sent_for(field, entry)
            sent.leaves(self.clock.now())
            # It is the intent still, and as old; only its requests are one more.
            write_entry(self.journal, field, entry.model_copy(update={"sent": sent.all, "not_kept": sent.not_kept}))
            with sent.noted():
                return Happened(keep(getattr(client, xform_name(request.operation))(**parameters)))

        return ask_again

    def wait(self, what: str, since: float, seconds: float) -> None:
        """Wait for something of AWS's, `since` when (Unix seconds); the plan says for what. Raises LeaseLost."""
        self._waiting.sleep(what, since, seconds)

    def made_lately(self, parameters: Mapping[str, Any], message: str) -> str | None:
        """What of this plan's, or of its owner's other plans', a request or AWS's message is about; None where none."""
        return self._recent().concerned("made", parameters, message)

    def remember(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `make` returned when the step asked for `name` first, also in later runs; a JSON object.

        For what a step has to know of the state before it changes anything; on disk when this returns.
        """
        found = self.recall(name)
        if found is None:
            found = make()
            self.journal.write(entries={f"{self.key}#{name}": json.dumps(found)})
        return found

    def recall(self, name: str) -> dict[str, Any] | None:
        """What the step remembered under `name`, None where it never did."""
        stored = self.journal.entry(f"{self.key}#{name}")
        found: dict[str, Any] | None = json.loads(stored) if stored else None
        return found

    def read(self, ask: Callable[[], T]) -> T:
        """What AWS answers to a read, asked again for a while where AWS fails. Raises AWS's last error."""
        return self._prober.read(ask)

    def patiently(self, ask: Callable[[], T], *, about: str, shows: Callable[[T], bool] = lambda found: True) -> T:
        """What AWS answers to a read about something, asked again while it does not show it though it was made lately.

        So with what was removed lately. `shows` is whether an answer is as it has to be. Raises AWS's last error.
        """
        changed_at: float | None = None

        def is_over() -> bool:
            nonlocal changed_at
            if changed_at is None:
                # Asked only where AWS does not show it: the owner's other plans are read for it.
                changed_at = self._recent().at(about) or 0
            return self.clock.now() >= changed_at + self.settings.role_wait_seconds

        while True:
            try:
                found = self.read(ask)
                if shows(found) or is_over():
                    return found
            except ClientError as error:
                if not NOT_THERE.fullmatch(error_code(error)) or is_over():
                    raise
            self._waiting.sleep(f"AWS to know {about}", changed_at or 0, READ_PAUSE_SECONDS)

    @property
    def begun(self) -> bool:
        """Whether a call of this step was ever about to be sent."""
        return bool(self.journal.fields(f"{self.key}/"))

    @property
    def _changed_something(self) -> bool:
        """Whether a call of this step is known to have happened."""
        entries = (read_entry(self.journal, field) for field in self.journal.fields(f"{self.key}/"))
        return any(entry is not None and entry.state == "done" for entry in entries)

    def _region_of(self, request: Request) -> str:
        return request.region or self.aws.info.region

    def _sent_for(self, field: str, entry: Entry | None) -> SentRequests:
        """The requests of a call, by its field in the journal: its probe may send one too."""
        return self._sent.setdefault(field, sent_before(entry))

    @property
    def _waiting(self) -> Waiting:
        return Waiting(self.journal, self.clock, self.settings, self.on_wait, self.undoing)

    def _recent(self) -> Recent:
        """What was made and removed lately, by this step too."""
        found = self.recent(self.clock.now())
        for request, at in self._done:
            found.add(request.operation, request.parameters, at)
        return found

    def _carried_out(self, call: Call, outcome: Observation) -> Outcome:
        """Send the call until it is known what came of it, or it is plain that this cannot be known.

        After a send of which nothing shows what came of it neither a refusal, nor a check before the next send, nor a
        cancellation says that the change was not made.
        """
        try:
            result = self._sent_until_known(call, outcome)
        except (CancelledBeforeSend, AssistantError) as error:
            if not call.unseen:
                raise
            return unseen(str(error))
        if call.unseen and isinstance(result, Refused | NotYet):
            last = result.error if isinstance(result, Refused) else call.last_failure
            return unseen(last.detail if last else "AWS did not answer")
        return result

    def _sent_until_known(self, call: Call, outcome: Observation) -> Outcome:
        """Send the call until it is known what came of it, at most MAX_SENDS times that may have had an effect.

        Only this run's sends are bounded: that a run was killed is no failure of AWS.
        """
        tries, waited = 0, False
        result: Outcome | Later = outcome
        while isinstance(result, Later) or (isinstance(result, NotYet) and tries < MAX_SENDS):
            check_again = True
            if isinstance(result, Later):
                if not self._wait(call, result.wait):
                    return Refused(result.error)
                check_again, waited = not result.wait.again_at_once, True
            result = (self._check_before(call) if check_again else None) or self._send(call)
            tries += not isinstance(result, Later)
        if waited:
            self.on_wait(None)
        return result

    def _wait(self, call: Call, wait: Wait) -> bool:
        """Wait for what passes by itself; False once that took too long, by the journal over all runs."""
        since = float(
            self.remember(f"waits {call.field.rpartition('/')[2]}", lambda: {"since": self.clock.now()})["since"]
        )
        log.info("aws_call_waits", request=call.request.name, waiting_for=wait.waiting_for)
        return self._waiting.pause(wait, since, lambda: self.cancelled() and not self._changed_something)

    def _settle_intent(self, call: Call, intent: Entry) -> Observation:
        """What became of the sends of an earlier run that wrote no outcome; NotYet allows another send.

        AWS gets the whole settle time to show the effect. Where a person said that there was none it gets one probe,
        and the person's word decides where that is unclear.
        """
        call.sends, call.denied = intent.sends, intent.denied
        if not intent.denied:
            return self._settle(call, until=intent.at + self.settings.settle_seconds)
        observation = self._prober.settle(call.probe, until=0)
        return observation if isinstance(observation, Happened) else NotYet()

    def _settle(self, call: Call, until: float) -> Observation:
        """What became of a send without a clear answer, as far as AWS shows it by `until` (Unix seconds)."""
        observation = self._prober.settle(call.probe, until)
        call.unseen = call.unseen or (isinstance(observation, NotYet) and not observation.seen)
        return observation

    def _check_before(self, call: Call) -> Happened | Unclear | None:
        """None where the call may be sent. Raises what `before` raises, and `check_first` before the step's first call.

        Unclear where AWS does not answer them in the middle of a step.

        What `before` finds in the way (a name that is taken) may be the effect of an earlier send of this very call,
        which shows only now: then that is the outcome.
        """
        try:
            if not self.begun:
                self.check_first()
            call.before()
        except (ClientError, BotoCoreError) as error:
            if not self.begun or not (call.sends or self._changed_something):
                raise
            # The step is under way, and failing would leave half of it: a person looks, then it goes on.
            if not call.sends:
                self._write_intent(call)
            return Unclear(f"AWS could not be asked what is there: {translate(error).detail}")
        except AssistantError:
            found = self._prober.settle(call.probe, until=0) if call.sends else NotYet()
            if isinstance(found, NotYet) or (call.denied and isinstance(found, Unclear)):
                raise
            return found
        return None

    def _send(self, call: Call) -> Outcome | Later:
        """Send the call once, and say what came of it; NotYet and Later mean that this send had no effect."""
        call.sends += 1
        request = call.request
        try:
            client = self.aws.client(request.service, request.region)
            parameters = with_token(client, request, f"{self.plan_id}/{self.key}")
            with call.sent.noted():
                answer = send(
                    partial(getattr(client, xform_name(request.operation)), **parameters),
                    intend=lambda: self._intend(call),
                    never_left=call.sent.never_left,
                    clock=self.clock,
                    seconds=self.settings.role_wait_seconds,
                )
        except SEND_ERRORS as error:
            return self._after_failure(call, error)
        # Before anything keeps it: the journal, and what is made from it.
        strip(request.service, client.meta.service_model.operation_model(request.operation).output_shape, answer)
        return Answered(call.keep(answer))

    def _after_failure(self, call: Call, error: SendError) -> Refused | Later | Observation:
        """What a failed send means for the call; AWS is probed where the failure alone does not say."""
        failure, now = classify(error), self.clock.now()
        if not isinstance(error, ResponseParserError):
            call.last_failure = translate(error)
        if is_throttled(error) and (wait := self._wait_after(call, error)):
            return wait
        if failure is Failure.ANSWER_LOST:
            log.warning("aws_answer_lost", request=call.request.name, error=type(error).__name__)
            return self._settle(call, until=now + self.settings.settle_seconds)
        if failure is Failure.ANSWER_UNCLEAR:
            assert isinstance(error, ClientError)  # nothing else is an answer
            log.warning("aws_answer_unclear", request=call.request.name, status=status_of(error))
            # AWS has ended its work on it, so an effect shows sooner than after a lost answer.
            return self._settle(call, until=now + self.settings.settle_seconds / 5)
        if failure is Failure.REFUSED and call.sends > 1:
            # What AWS found in the way may be the effect of an earlier send of this call.
            earlier = self._prober.settle(call.probe, until=0)
            if not isinstance(earlier, NotYet):
                return earlier
        assert not isinstance(error, ResponseParserError)  # its answer is lost
        return self._wait_after(call, error) or Refused(translate(error))

    def _wait_after(self, call: Call, error: SendError) -> Later | None:
        """What a refusal waits for, None where it is final."""
        wait = wait_for(call.request, error, self._recent()) if isinstance(error, ClientError) else None
        if wait is None:
            return None
        # AWS carried out nothing of it, so that it counts as never sent.
        call.sends -= 1
        return Later(translate(error), wait)

    def _intend(self, call: Call) -> None:
        """Write the intent of the send that follows. Raises CancelledBeforeSend, and then writes nothing."""
        # No send before this one had an effect: a probe or AWS's own refusal said so.
        if self.cancelled() and not self._changed_something:
            log.info("aws_call_cancelled", request=call.request.name, field=call.field)
            raise CancelledBeforeSend(f"the plan was cancelled before {call.request.name} was sent")
        call.sent.leaves(self.clock.now())
        self._write_intent(call)

    def _write_intent(self, call: Call) -> None:
        write_entry(self.journal, call.field, call.entry("intent", self.clock.now()))

    @property
    def _prober(self) -> Prober:
        return Prober(self.journal, self.clock, self.settings.look_seconds)
