"""Calls of AWS that change something, each sent once: intent in the journal, one try, then its outcome.

botocore does not retry them. Where the answer leaves open whether it happened (a 5xx, a time-out, a lost connection,
a killed worker) AWS is looked at: what is there with this step's mark is adopted, what is not is sent again after
AWS had time to settle, and what cannot be seen stops the plan in doubt.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import structlog
from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    ResponseStreamingError,
    SSLError,
)
from botocore.parsers import ResponseParserError
from pydantic import JsonValue

from services.executor.records.journal import Journal
from services.executor.settings import ExecutorSettings
from shared.aws import THROTTLED, Aws, error_code, translate
from shared.broker.failures import LeaseLost
from shared.errors import AssistantError, AwsError
from shared.messages import Message

log = structlog.get_logger(__name__)

# Nothing of the request had left this machine.
_NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
# Something had, and its answer was lost.
_ANSWER_LOST = (HTTPClientError, ResponseStreamingError, ResponseParserError)
_REFUSED_FOR_NOW = THROTTLED | {"ConcurrentModification", "ConcurrentModificationException"}
MAX_PAUSE_SECONDS = 5.0
# Of one run's sends whose fate had to be looked up; each was found not to have happened.
MAX_SENDS = 4
_TOKENS = uuid.UUID("6f6b1c1e-6d4d-5d0e-9d0c-0b6a2f1f7a55")


@dataclass(frozen=True, slots=True)
class Request:
    """One call of AWS that changes something; `operation` is AWS's name, `service` botocore's."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str | None = None

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Happened:
    """AWS shows the call's effect; `value` is what the call's answer would have given."""

    value: JsonValue = None


@dataclass(frozen=True, slots=True)
class NotYet:
    """AWS does not show it."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """AWS shows something else, or does not let us look."""

    why: str


T = TypeVar("T")
Observation = Happened | NotYet | Unclear
Probe = Callable[[], Observation]


class OutcomeUnknown(Exception):
    """Nobody can tell whether a call happened."""

    def __init__(self, field: str, request: str, why: str) -> None:
        super().__init__(why)
        self.field, self.request, self.why = field, request, why


class Entry(Message):
    """What the journal says of one call. `denied` is an intent of which a person said that it did not happen."""

    state: Literal["intent", "done", "refused"]
    request: str
    at: float
    sends: int = 1
    value: JsonValue = None
    adopted: bool = False
    denied: bool = False
    code: str = ""
    detail: str = ""


@dataclass(slots=True)
class Calls:
    """The calls of one step; `key` is the step's id, or that of its undoing; `aws` has clients that try once."""

    aws: Aws
    journal: Journal
    settings: ExecutorSettings
    key: str
    plan_id: str
    sleep: Callable[[float], None] = time.sleep
    late: Callable[[], None] = lambda: None

    def once(
        self,
        request: Request,
        probe: Probe,
        *,
        before: Callable[[], None] = lambda: None,
        keep: Callable[[dict[str, Any]], JsonValue] = lambda answer: None,
        name: str = "",
        again: Callable[[ClientError], bool] = lambda error: False,
    ) -> Any:
        """Have the call happen once and return what `keep` takes of its answer, however often this is run.

        `look` tells whether it happened, with the same value. `before` refuses what must not be sent, `again` names
        refusals that pass by themselves; `name` tells two calls of one AWS operation apart. Raises AwsError and its
        kin where AWS refuses, InDoubt, LeaseLost.
        """
        field_ = f"{self.key}/{name or request.name}"
        stored = self.journal.entry(field_)
        entry = Entry.model_validate_json(stored) if stored else None
        if entry and entry.state == "done":
            return entry.value
        if entry and entry.state == "refused":
            raise AwsError(entry.detail, code=entry.code)
        # All that were ever sent, and those of this run: a run that was killed is no failure of AWS.
        sends = tries = 0
        observation: Observation = NotYet()
        if entry:
            sends = entry.sends
            observation = self._settle(probe, 0 if entry.denied else entry.at + self.settings.settle_seconds)
            if entry.denied and isinstance(observation, Unclear):
                observation = NotYet()
        refusal: AssistantError | None = None
        while isinstance(observation, NotYet) and tries < MAX_SENDS and refusal is None:
            try:
                before()
            except AssistantError:
                # It may be our own earlier send that is in the way, and shows only now.
                observation = self._settle(probe, 0) if sends else observation
                if isinstance(observation, NotYet) or (entry and entry.denied and isinstance(observation, Unclear)):
                    raise
                break
            sends, tries = sends + 1, tries + 1
            try:
                value = keep(self._send(request, again, lambda: self._intend(field_, request, sends)))  # noqa: B023  # called at once
            except ClientError as error:
                status = _status(error)
                if 400 <= status < 500 and error_code(error) != "RequestTimeout":
                    refusal = translate(error)
                    # It may be our own earlier send that is in the way.
                    observation = self._settle(probe, 0) if sends > 1 else observation
                else:
                    # AWS has answered: nothing is on its way any more, it only may not show yet.
                    log.warning("aws_answer_unclear", request=request.name, status=status)
                    observation = self._settle(probe, time.time() + self.settings.settle_seconds / 5)
            except _NOT_SENT as error:
                refusal = translate(error)
            except _ANSWER_LOST as error:
                log.warning("aws_answer_lost", request=request.name, error=type(error).__name__)
                # AWS may be at work on it still.
                observation = self._settle(probe, time.time() + self.settings.settle_seconds)
            except BotoCoreError as error:
                refusal = translate(error)
            else:
                self._done(field_, request, value, sends, adopted=False)
                return value
        if isinstance(observation, Happened):
            log.info("aws_call_adopted", request=request.name, key=self.key)
            self._done(field_, request, observation.value, sends, adopted=True)
            return observation.value
        if isinstance(observation, Unclear):
            raise OutcomeUnknown(field_, request.name, observation.why)
        failure = refusal or AwsError(
            f"{request.operation}: AWS failed {tries} times, and nothing of it has happened", code="aws_unavailable"
        )
        refused = Entry(
            state="refused", request=request.name, at=time.time(), sends=sends, code=failure.code, detail=failure.detail
        )
        self._write(field_, refused)
        raise failure

    def remember(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `make` found before the step changed anything: on disk before the first call, the same ever after."""
        field_ = f"{self.key}#{name}"
        stored = self.journal.entry(field_)
        if stored is None:
            stored = json.dumps(make())
            self.journal.write(entries={field_: stored})
        found: dict[str, Any] = json.loads(stored)
        return found

    @property
    def begun(self) -> bool:
        """Whether a call of this step was ever about to be sent."""
        return self.journal.has(f"{self.key}/")

    def _send(
        self, request: Request, again: Callable[[ClientError], bool], intend: Callable[[], None]
    ) -> dict[str, Any]:
        """One send that may have had an effect, after as many as it takes that surely had none; bounded in time."""
        client = self.aws.client(request.service, request.region)
        parameters = with_token(client, request, f"{self.plan_id}/{self.key}")
        until = time.monotonic() + self.settings.role_wait_seconds
        pause = 0.5
        while True:
            # Before each of them: a cut-off call is waited for from the moment its last request left.
            intend()
            try:
                answer: dict[str, Any] = getattr(client, xform_name(request.operation))(**parameters)
                return answer
            except ClientError as error:
                passes = error_code(error) in _REFUSED_FOR_NOW or _status(error) == 429 or again(error)
                if not passes or time.monotonic() + pause > until:
                    raise
            except _NOT_SENT:
                if time.monotonic() + pause > until:
                    raise
            self.sleep(pause)
            pause = min(pause * 2, MAX_PAUSE_SECONDS)

    def _settle(self, probe: Probe, until: float) -> Observation:
        """Look until the effect shows, at least until then: what was just asked for may show later."""
        pause = 0.5
        while True:
            self.journal.check()
            observation = self._probe(probe)
            if isinstance(observation, Happened) or time.time() >= until:
                return observation
            self.sleep(min(pause, max(0.0, until - time.time()) + 0.01))
            pause = min(pause * 2, MAX_PAUSE_SECONDS)

    def _probe(self, probe: Probe) -> Observation:
        """`look`; one that AWS does not allow, or does not answer, is unclear."""
        try:
            return self.asked(probe)
        except (ClientError, BotoCoreError) as error:
            return Unclear(f"AWS could not be asked: {translate(error).detail}")

    def asked(self, ask: Callable[[], T]) -> T:
        """What AWS answers, asked again for a while where it fails to. Raises its last error, a refusal at once."""
        until = time.monotonic() + self.settings.look_seconds
        while True:
            try:
                return ask()
            except (ClientError, BotoCoreError) as error:
                refused = isinstance(error, ClientError) and 400 <= _status(error) < 500
                throttled = isinstance(error, ClientError) and translate(error).code == "aws_throttled"
                if (refused and not throttled) or time.monotonic() > until:
                    raise
            self.journal.check()
            self.sleep(1.0)

    def _done(self, field_: str, request: Request, value: JsonValue, sends: int, *, adopted: bool) -> None:
        try:
            self._write(
                field_,
                Entry(state="done", request=request.name, at=time.time(), sends=sends, value=value, adopted=adopted),
            )
        except LeaseLost:
            if not adopted:
                self.late()
            raise

    def _intend(self, field_: str, request: Request, sends: int) -> None:
        self._write(field_, Entry(state="intent", request=request.name, at=time.time(), sends=sends))

    def _write(self, field_: str, entry: Entry) -> None:
        self.journal.write(entries={field_: entry.model_dump_json(exclude_defaults=True)})


def _status(error: ClientError) -> int:
    """The HTTP status of AWS's answer, 0 where it is not known."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def with_token(client: Any, request: Request, purpose: str) -> dict[str, Any]:
    """The parameters with the API's idempotency token, where it has one: the same for the same step, always."""
    tokens = client.meta.service_model.operation_model(request.operation).idempotent_members
    made = {name: str(uuid.uuid5(_TOKENS, f"{purpose}/{request.name}/{name}")) for name in tokens}
    return made | dict(request.parameters)
