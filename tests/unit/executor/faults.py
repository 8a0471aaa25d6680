"""Faults for the executor: an AWS that counts effects and fails on request, a process that dies at a Redis write."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.access.guard import EXECUTOR, Guard
from shared.access.levels import level_of
from shared.aws.bound_clients import CheckCall
from shared.aws.clients import Aws, ClientCache
from shared.sessions.credentials import Credentials
from tests.fakes.cloud_control import FakeCloudControl
from tests.unit.executor.conftest import Executor

# botocore's services by the names that its events have.
_SERVICES = {"eventbridge": "events", "cloudwatch-logs": "logs"}
Forward = Callable[[], AWSResponse]
Fault = Callable[[AWSPreparedRequest, Forward], AWSResponse]


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


def answer(status: int, code: str, headers: dict[str, str] | None = None) -> Callable[[str], AWSResponse]:
    """An error as every protocol used here reads it, but for S3's, which has one element less."""

    def made(url: str) -> AWSResponse:
        error = f"<Error><Code>{code}</Code><Message>told to</Message></Error>"
        body = error if "s3" in url else f"<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"
        if "lambda" in url or "cloudcontrol" in url:
            body = '{"message": "told to"}'
        return AWSResponse(url, status, {"x-amzn-errortype": code, **(headers or {})}, MockRawResponse(body))

    return made


def errs(status: int, code: str = "InternalFailure", *, after: bool = False) -> Fault:
    """AWS answers with an error; `after` it has done the work all the same."""

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        if after:
            forward()
        return answer(status, code)(request.url)

    return fault


def says(text: str) -> Fault:
    """AWS answers with this body, whatever the account holds."""
    return lambda request, forward: AWSResponse(request.url, 200, {"x-amzn-requestid": "r-1"}, MockRawResponse(text))


def times_out(*, after: bool) -> Fault:
    return _lost(lambda url: ReadTimeoutError(endpoint_url=url), after)


def closes(*, after: bool) -> Fault:
    return _lost(lambda url: ConnectionClosedError(endpoint_url=url), after)


def unreachable() -> Fault:
    return _lost(lambda url: EndpointConnectionError(endpoint_url=url), after=False)


def _lost(error: Callable[[str], Exception], after: bool) -> Fault:
    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        if after:
            forward()
        raise error(request.url)

    return fault


def throttled() -> Fault:
    return errs(400, "Throttling")


def denied() -> Fault:
    return errs(403, "AccessDenied")


def passes(action: Callable[[], object]) -> Fault:
    """The call goes through, and something else happens just before it."""

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        action()
        return forward()

    return fault


def token_of(body: Any) -> str:
    """The idempotency token of a request of EC2's; "" without one."""
    sent = parse_qs(body.decode(errors="replace") if isinstance(body, bytes) else str(body))
    return sent.get("ClientToken", [""])[0]


@dataclass
class Wire:
    """Stands where HTTP does. `faults` are used up one per request of their operation; then `always` counts."""

    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    always: dict[str, Fault] = field(default_factory=dict)
    # Changes that reached AWS, and those of them it carried out.
    sent: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    # AWS itself knows a repeated request by its token; moto does not.
    answered: dict[str, AWSResponse] = field(default_factory=dict)
    cloud_control: FakeCloudControl = field(default_factory=FakeCloudControl)
    alive: Callable[[], bool] = lambda: True
    on_send: Callable[[str], None] = lambda name: None

    def __call__(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        if not self.alive():
            raise Killed
        service, operation = event_name.split(".")[1:]
        change = level_of(_SERVICES.get(service, service), operation).is_change
        if change:
            self.sent.append(operation)
            self.bodies.append(request.body)
            self.on_send(operation)

        def forward() -> AWSResponse:
            response, new = self._answer(service, operation, event_name, request)
            if change and new and response.status_code < 400:
                self.effects.append(operation)
            return response

        waiting = self.faults[operation]
        fault = waiting.pop(0) if waiting else self.always.get(operation)
        return fault(request, forward) if fault else forward()

    def _answer(
        self, service: str, operation: str, event_name: str, request: AWSPreparedRequest
    ) -> tuple[AWSResponse, bool]:
        """AWS's answer, and whether it is to a new request."""
        if service in ("cloudcontrol", "cloudcontrolapi"):
            return self.cloud_control.answer(operation, request)
        token = token_of(request.body)
        if token in self.answered:
            first = self.answered[token]
            return AWSResponse(first.url, first.status_code, first.headers, MockRawResponse(first.content)), False
        response: AWSResponse = botocore_stubber(event_name, request)
        if token and response.status_code < 400:
            self.answered[token] = response
        return response, True

    @property
    def counted(self) -> Counter[str]:
        return Counter(self.effects)


class WiredClients(ClientCache):
    """Clients whose requests go over a wire."""

    def __init__(self, wire: Wire, guard: Guard = EXECUTOR, *, one_run_at_a_time: bool = False, **more: Any) -> None:
        super().__init__(guard, **more)
        self._wire, self._alone = wire, one_run_at_a_time
        # Making clients is slow; those that only read may serve several runs, and all may where runs never overlap.
        self._under: dict[Guard, WiredClients] = {}
        self._once: WiredClients | None = None
        self._check: Callable[..., None] = lambda **_: None

    def client(self, credentials: Credentials, service: str, region: str, check: CheckCall | None = None) -> Any:
        made = super().client(credentials, service, region, check)
        made.meta.events.unregister("before-send", botocore_stubber)
        made.meta.events.register("before-send", self._wire, unique_id="wire")
        return made

    def under(self, guard: Guard) -> WiredClients:
        if guard not in self._under:
            more: dict[str, Any] = {"config": self._config, "one_run_at_a_time": self._alone}
            self._under[guard] = WiredClients(self._wire, guard, **more)
        return self._under[guard]

    def trying_once(self, before_send: Callable[..., None]) -> WiredClients:
        self._check = before_send
        if self._once and self._alone:
            return self._once
        asked = (lambda **event: self._check(**event)) if self._alone else before_send
        once = super().trying_once(asked)
        more: dict[str, Any] = {"config": once._config, "session_of": self, "before_send": asked}
        self._once = WiredClients(self._wire, self._guard, **more)
        return self._once


@dataclass
class WiredExecutor(Executor):
    """An executor whose AWS counts and fails, and which waits no longer than a test can."""

    wire: Wire = field(default_factory=Wire)
    clients: WiredClients | None = None

    def aws(self) -> Aws:
        self.clients = self.clients or WiredClients(self.wire)
        made = super().aws()
        return Aws(made.session, made.deadline, self.clients)


def wired(executor: Executor, **settings: Any) -> WiredExecutor:
    """The same executor, over a wire."""
    quick = {"settle_seconds": 0.02, "look_seconds": 0, "role_wait_seconds": 1, "parallel_steps": 1}
    changed = executor.settings.model_copy(update=quick | settings)
    return WiredExecutor(executor.redis, executor.session, executor.advisor, changed)


class MortalRedis(Redis):
    """A connection of a process that dies right before, or right after, its n-th "word" to Redis.

    A word is a script that takes a lease or writes plan and journal; renewing a lease is none, nor is an audit entry.
    """

    dies_at: int | None = None
    after = False
    words = 0
    dead = False
    timeline: list[str]
    counting: threading.Lock

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if self.dead:
            if "_" not in threading.current_thread().name.removeprefix("plan-pln_"):
                raise RedisConnectionError("the process is dead")
            raise Killed
        if args[0] not in ("FCALL", "EVALSHA") or not str(args[3]).startswith("run:") or len(args) < 7:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py's
        with self.counting:  # steps at the same time have their words at the same time
            self.words += 1
            dying = self.words == self.dies_at
        if dying and not self.after:
            self._die()
        result = super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py's
        self.timeline.append("word")
        if dying:
            self._die()
        return result

    def _die(self) -> None:
        self.dead = True
        raise Killed


def mortal(url: str, dies_at: int | None = None, *, after: bool = False) -> MortalRedis:
    made: Any = MortalRedis.from_url(url, decode_responses=True)
    made.dies_at, made.after, made.timeline, made.counting = dies_at, after, [], threading.Lock()
    assert isinstance(made, MortalRedis)
    return made


def expire_leases(redis: Redis) -> None:
    """What ten seconds do to the leases of a dead process."""
    for key in redis.scan_iter("run:*"):
        redis.hset(key, "lease_until", 0)
