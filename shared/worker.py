"""What a worker does with a call: claim it, answer it under a lease, finish it.

Claim, lease, result and reply are the task record's (see `shared/tasks.py`), so a killed worker or a restarted
Redis loses no call. `shared/consumer.py` runs it under Celery.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, SecretStr, TypeAdapter
from redis import Redis

from shared import results
from shared.audit import Denials
from shared.aws import translate
from shared.credentials import AgentSession
from shared.errors import AssistantError, DeadlineExceeded, Forbidden, Unavailable
from shared.leases import Claim, Leases, Sweeper
from shared.messages import Agent, ErrorBody, Gap, ToolCall, ToolResult
from shared.redis_tls import client_options
from shared.settings import Settings
from shared.tasks import (
    KEEP_DONE_SECONDS,
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    Keys,
    Scripts,
    open_call,
    sign_result,
)
from shared.telemetry import trace_id
from shared.tools import Tool, Toolbox
from shared.vault import unseal, vault_key

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 2.0
HEARTBEAT_GOOD_FOR_SECONDS = 10.0
JSON: TypeAdapter[Any] = TypeAdapter(Any)


class WorkerSettings(Settings):
    """What every worker needs: its own keys, and how many calls it answers at the same time."""

    signing_key: SecretStr
    private_key: SecretStr
    # Signs the audit's entries; without it what the worker refuses is in its own log only.
    audit_key: SecretStr | None = None
    # What was sealed before the last rotation is opened with these.
    signing_key_previous: SecretStr | None = None
    private_key_previous: SecretStr | None = None
    concurrency: int = 16


class Context(Protocol):
    """What a tool's first parameter must have, whatever else an agent puts in it."""

    @property
    def gaps(self) -> list[Gap]: ...
    @property
    def region(self) -> str: ...


MakeContext = Callable[[ToolCall, AgentSession], Any]


class Worker:
    """Answers the calls of one agent."""

    def __init__(self, agent: Agent, settings: WorkerSettings, toolbox: Toolbox, make_context: MakeContext) -> None:
        self.agent, self.settings, self.toolbox, self.make_context = agent, settings, toolbox, make_context
        self.keys = Keys(agent)
        self.name = f"{socket.gethostname()}.{os.getpid()}"
        self.signing_key = settings.signing_key.get_secret_value().encode()
        self.signing_keys = [key.encode() for key in _values(settings.signing_key, settings.signing_key_previous)]
        self.private_keys = _values(settings.private_key, settings.private_key_previous)
        self.redis = connect(settings, settings.concurrency + 10)
        self.scripts = Scripts.register(self.redis)
        self.denials = Denials(self.redis, agent, settings.audit_key)
        self.leases = Leases(self.scripts, self.keys)
        self.sweeper = Sweeper(self.scripts, self.keys)

    def on_message(self, call_id: str, body: str, signature: str) -> None:
        """Handle one hint: claim the call, answer it under a lease, write its result."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(call_id=call_id)
        try:
            call = open_call(self.agent, call_id, body, signature, self.signing_key)
        except Forbidden as error:
            log.warning("hint_refused", code=error.code)
            self.denials.record(call_id=call_id, code=error.code, detail="a task that the gateway did not sign")
            return
        structlog.contextvars.bind_contextvars(
            session_id=call.session_id, tool=call.tool, trace_id=trace_id(call.trace)
        )
        status, fence = self._claim(call)
        if status in ("busy", "done", "gone"):
            log.info("hint_passed_over", status=status)
            return
        if status == "poison":
            self.denials.record(call_id=call_id, code="poisoned", session_id=call.session_id, tool=call.tool)
        with self.leases.hold(Claim(call_id, fence)):
            result = self.answer(call) if status == "claimed" else self._unanswered(call, status)
            self._finish(call, fence, result, poison=status == "poison")

    def answer(self, call: ToolCall) -> ToolResult:
        """Run the call's tool. Every failure becomes a result with an error in it."""
        started = time.time()
        context: Context | None = None
        try:
            tool = self.toolbox[call.tool]
            arguments = tool.validate(call.arguments)
            context = self.make_context(call, self._session(call))
            value = tool.function(context, **arguments)
            return self._result(call, started, context, self._body(call, tool, value))
        except AssistantError as error:
            return self._result(call, started, context, error=error)
        except (ClientError, BotoCoreError) as error:
            return self._result(call, started, context, error=translate(error))
        except Exception as error:  # the one boundary: the caller gets an answer, the log the traceback
            log.exception("tool_crashed")
            crash = AssistantError(f"{call.tool} failed unexpectedly ({type(error).__name__}); see the worker's log")
            return self._result(call, started, context, error=crash)

    def _session(self, call: ToolCall) -> AgentSession:
        sealed = self.redis.get(vault_key(self.agent, call.session_id))
        return unseal(sealed, self.agent, call.session_id, self.private_keys, self.signing_keys)  # type: ignore[arg-type]  # redis-py types sync replies as maybe awaitable

    def _body(self, call: ToolCall, tool: Tool, value: Any) -> dict[str, Any]:
        """The result itself, or a reference to it where it is too large for a message."""
        plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else JSON.dump_python(value, mode="json")
        body = JSON.dump_json(plain).decode()
        if len(body) <= results.MAX_INLINE_BYTES:
            return {"result": plain}
        keep = int(KEEP_DONE_SECONDS)
        return {"result_ref": results.store(self.redis, self.agent, call.session_id, call.call_id, body, keep)}

    def _unanswered(self, call: ToolCall, status: str) -> ToolResult:
        reasons = {
            "expired": DeadlineExceeded("the deadline passed before a worker took the call"),
            "cancelled": DeadlineExceeded("nobody waits for this call any more", code="cancelled"),
            "poison": Unavailable(
                f"the call was given up after {MAX_ATTEMPTS} workers died over it", code="poisoned", retryable=False
            ),
        }
        return self._result(call, time.time(), None, error=reasons[status])

    def _result(
        self,
        call: ToolCall,
        started: float,
        context: Context | None,
        body: dict[str, Any] | None = None,
        error: AssistantError | None = None,
    ) -> ToolResult:
        gaps = tuple(context.gaps) if context else ()
        duration = int((time.time() - started) * 1000)
        log.info("call_answered", duration_ms=duration, error=error.code if error else None, gaps=len(gaps))
        return ToolResult(
            call_id=call.call_id,
            agent=self.agent,
            tool=call.tool,
            status="error" if error else "ok",
            error=ErrorBody(code=error.code, detail=error.detail, retryable=error.retryable) if error else None,
            region=context.region if context else None,
            complete=not gaps and error is None,
            gaps=gaps,
            started_at=started,
            duration_ms=max(0, duration),
            **(body or {}),
        )

    def _claim(self, call: ToolCall) -> tuple[str, int]:
        keys = [self.keys.task(call.call_id), self.keys.open]
        status, fence = self.scripts.claim(keys, [call.call_id, self.name, int(LEASE_SECONDS * 1000), MAX_ATTEMPTS])
        return status, int(fence)

    def _finish(self, call: ToolCall, fence: int, result: ToolResult, *, poison: bool) -> None:
        signed = sign_result(self.agent, call.call_id, result.model_dump_json(), self.signing_key)
        dead = call.model_dump_json(exclude={"arguments"}) if poison else ""
        status = self.scripts.finish(
            [self.keys.task(call.call_id), self.keys.open, self.keys.dead],
            [call.call_id, fence, signed, int(KEEP_DONE_SECONDS * 1000), self.agent, dead],
        )
        if status != "finished":
            log.warning("result_dropped", status=status)

    def beat(self) -> None:
        """Say that this worker's consumer is alive. Source of the gateway's readiness."""
        now = time.time()
        pipe = self.redis.pipeline()
        pipe.zadd(self.keys.workers, {self.name: now + HEARTBEAT_GOOD_FOR_SECONDS})
        pipe.zremrangebyscore(self.keys.workers, "-inf", now)
        pipe.expire(self.keys.workers, 60)
        pipe.execute()


def _values(*keys: SecretStr | None) -> list[str]:
    """The keys that are set; the one in use first."""
    return [key.get_secret_value() for key in keys if key and key.get_secret_value()]


def connect(settings: Settings, max_connections: int) -> Redis:
    """A sync Redis client with time-outs on everything."""
    url = settings.redis_url.get_secret_value()
    return Redis.from_url(
        url,
        decode_responses=True,
        max_connections=max_connections,
        socket_timeout=10,
        socket_connect_timeout=5,
        health_check_interval=15,
        **client_options(url, settings.redis_ca_file),
    )
