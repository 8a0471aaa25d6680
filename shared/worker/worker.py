"""What a worker does with a call: claim it, answer it under a lease, finish it.

Claim, lease, result and reply are the task record's (see `shared/tasks/records.py`), so a killed worker or a restarted
Redis loses no call. `shared/worker/consumer.py` runs it under Celery.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from pathlib import Path
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr
from redis.exceptions import RedisError

from shared.audit.log import ServiceAudit
from shared.aws.clients import translate
from shared.broker.client import connect
from shared.broker.failures import CLAIM_SECONDS, RESULT_SECONDS, is_transient, report, retry
from shared.endpoints import AwsEndpoints, aws_world
from shared.errors import AssistantError, BadRequest, DeadlineExceeded, Forbidden, Unavailable
from shared.keys.vault import unseal, vault_key
from shared.messages import Agent, ErrorBody, ToolCall, ToolResult
from shared.sessions.credentials import AgentSession
from shared.tasks import parts
from shared.tasks.answers import MAX_CARRIED_BYTES, signed_answer
from shared.tasks.dead_letters import DeadLetters
from shared.tasks.leases import Leases, Sweeper
from shared.tasks.messages import Unreadable, envelope, open_call, read_task_message
from shared.tasks.records import (
    KEEP_DONE_SECONDS,
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    Keys,
    TaskFunctions,
)
from shared.telemetry import trace_id
from shared.tools import Toolbox
from shared.worker.context import Context, Divides, MakeContext, seconds_left
from shared.worker.heartbeats import Heartbeat
from shared.worker.settings import WorkerSettings
from shared.worker.travelling import travelling

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 2.0
HEARTBEAT_GOOD_FOR_SECONDS = 10.0


class Worker:
    """Answers the calls of one agent."""

    def __init__(self, agent: Agent, settings: WorkerSettings, toolbox: Toolbox, make_context: MakeContext) -> None:
        self.agent, self.settings, self.toolbox, self.make_context = agent, settings, toolbox, make_context
        self.keys = Keys(agent)
        self.name = f"{socket.gethostname()}.{os.getpid()}"
        self.heartbeat = Heartbeat(self.name)
        # Of this agent, as of the last heartbeat.
        self.workers = 1
        self.signing_key = settings.signing_key.get_secret_value().encode()
        self.signing_keys = [key.encode() for key in _values(settings.signing_key, settings.signing_key_previous)]
        self.private_keys = _values(settings.private_key, settings.private_key_previous)
        self.redis = connect(settings, settings.concurrency + 10)
        self.functions = TaskFunctions.on(self.redis)
        self.audit = ServiceAudit(self.redis, agent, settings.audit_signing_key, settings.audit_anchor_file)
        self.dead_letters = DeadLetters(self.functions, self.keys, self.name, self.audit)
        self.leases = Leases(self.functions, self.keys)
        self.sweeper = Sweeper(self.functions, self.keys)

    def receive(self, item: bytes) -> str | None:
        """The message for Celery made from an item of the queue; one that cannot be read becomes a dead letter."""
        try:
            task_message = read_task_message(self.agent, item)
        except Unreadable as error:
            self.dead_letters.dead_letter(error.code, error.detail, item)
            return None
        return json.dumps(envelope(self.agent, task_message, secrets.token_hex(8)))

    def on_message(self, call_id: str, body: str, signature: str) -> None:
        """Handle one task message: claim the call, answer it under a lease, write its result."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(call_id=call_id)
        try:
            self._handle(open_call(self.agent, call_id, body, signature, self.signing_key))
        except Forbidden as error:
            # The sender may know the id of a real call, so the record of that call is left unchanged.
            self.dead_letters.dead_letter(
                error.code, "a task that the gateway did not sign", body.encode(), call_id=call_id
            )
        except BadRequest as error:
            self._refuse(call_id, body, error)
        except RedisError as error:
            # Neither claimed nor finished: the sweep pushes the message again.
            report(log, "call_returned", error)

    def _handle(self, call: ToolCall) -> None:
        structlog.contextvars.bind_contextvars(
            session_id=call.session_id, tool=call.tool, trace_id=trace_id(call.trace)
        )
        status, fence, sealed = self._claim(call.call_id, call.session_id)
        if status in ("busy", "done", "gone"):
            log.info("task_message_dropped", status=status)
            return
        if status == "poison" and not self._is_resumable(call):
            self._dead_letter_poisoned(call)
        try:
            with self.leases.hold(call.call_id, fence):
                result = self.answer(call, sealed, fence) if status == "claimed" else self._unanswered(call, status)
                self._finish(result, fence, call.deadline, call.session_id)
            # Said after the answer is sent: nobody waits for a line of the log.
            told = {"duration_ms": result.duration_ms, "error": result.error.code if result.error else None}
            log.info("call_answered", **told, gaps=len(result.gaps))
        except RedisError as error:
            if is_transient(error):
                keys = [self.keys.task(call.call_id), self.keys.open]
                retry(lambda: self.functions.release(keys, [call.call_id, fence]), CLAIM_SECONDS)
            raise

    def _is_resumable(self, call: ToolCall) -> bool:
        return call.tool in self.toolbox and self.toolbox[call.tool].resumable

    def _dead_letter_poisoned(self, call: ToolCall) -> None:
        """Store a call that kept ending its workers, without its arguments, which belong to the session."""
        about = call.model_dump_json(exclude={"arguments"}).encode()
        known = {"call_id": call.call_id, "session_id": call.session_id, "tool": call.tool}
        self.dead_letters.dead_letter("poisoned", f"given up after {MAX_ATTEMPTS} attempts", about, **known)

    def _refuse(self, call_id: str, body: str, error: BadRequest) -> None:
        """Answer a call that was signed, and that this worker cannot read."""
        self.dead_letters.dead_letter(error.code, error.detail, body.encode(), call_id=call_id)
        try:
            _, fence, _ = self._claim(call_id)
            if fence:
                now = time.time()
                refusal = ToolResult(
                    call_id=call_id,
                    agent=self.agent,
                    tool="",
                    status="error",
                    error=ErrorBody.of(error),
                    started_at=now,
                    duration_ms=0,
                )
                self._finish(refusal, fence, now, session_id="")
        except RedisError as failure:
            report(log, "call_returned", failure)

    def answer(self, call: ToolCall, sealed: str | None, fence: int = 0) -> ToolResult:
        """Run the call's tool with the session's sealed credentials. `fence` is that of its claim.

        Every failure becomes a result with an error in it, but for one of Redis that passes.
        """
        started = time.time()
        context: Context | None = None
        try:
            tool = self.toolbox[call.tool]
            arguments = tool.validate(call.arguments)
            session = self._session(call, sealed)
            context = self.make_context(call, session)
            if isinstance(context, Divides):
                context.parts = self._parts(call, fence)
            value = tool.function(context, **arguments)
            body = travelling(self.redis, self.agent, call, session.info, context, value)
            return self._result(call, started, context, body)
        except AssistantError as error:
            return self._result(call, started, context, error=context.judged(error) if context else error)
        except (ClientError, BotoCoreError) as error:
            ours = translate(error)
            return self._result(call, started, context, error=context.judged(ours) if context else ours)
        except Exception as error:  # the one boundary: the caller gets an answer, the log the traceback
            if is_transient(error):
                raise
            log.exception("tool_crashed")
            crash = AssistantError(f"{call.tool} failed unexpectedly ({type(error).__name__}); see the worker's log")
            return self._result(call, started, context, error=crash)

    def _parts(self, call: ToolCall, fence: int) -> parts.Parts | None:
        """The workers that may read parts of a call. None of a part itself, and none of a call that was begun before:
        if it ends its workers, it ends no others with them. A worker that has more to do is not the only busy one.
        """
        if call.tool == parts.TOOL or fence != 1 or self.leases.count > 1:
            return None
        return parts.Parts(self.redis, call, fence, self.signing_key, self.workers)

    def _session(self, call: ToolCall, sealed: str | None) -> AgentSession:
        key = vault_key(self.agent, call.session_id)
        found: Any = sealed or retry(lambda: self.redis.get(key), seconds_left(call))
        return unseal(found, self.agent, call.session_id, self.private_keys, self.signing_keys)

    def _unanswered(self, call: ToolCall, status: str) -> ToolResult:
        reasons = {
            "expired": DeadlineExceeded("the deadline passed before a worker took the call"),
            "cancelled": DeadlineExceeded("nobody waits for this call any more", code="cancelled"),
            "poison": Unavailable(
                f"the call was given up after {MAX_ATTEMPTS} workers died over it", code="poisoned", retryable=False
            ),
        }
        if status == "poison" and self._is_resumable(call):
            log.warning("run_interrupted", attempts=MAX_ATTEMPTS)
            ended = f"{MAX_ATTEMPTS} workers ended while they ran this call; another call continues what it began"
            return self._result(call, time.time(), None, error=Unavailable(ended, code="run_interrupted"))
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
        return ToolResult(
            call_id=call.call_id,
            agent=self.agent,
            tool=call.tool,
            status="error" if error else "ok",
            error=ErrorBody.of(error) if error else None,
            region=context.region if context else None,
            complete=not gaps and error is None,
            gaps=gaps,
            started_at=started,
            duration_ms=max(0, duration),
            **(body or {}),
        )

    def _claim(self, call_id: str, session_id: str = "") -> tuple[str, int, str | None]:
        """What became of it, the fence, and the session's sealed credentials where it was claimed and there are any."""
        keys = [self.keys.task(call_id), self.keys.open]
        # Names this delivery, so that asking again after a lost answer is answered the same.
        holder = f"{self.name}.{secrets.token_hex(4)}"
        arguments: list[str | int | float] = [call_id, holder, int(LEASE_SECONDS * 1000), MAX_ATTEMPTS, session_id]
        status, fence, *sealed = retry(lambda: self.functions.claim(keys, arguments), CLAIM_SECONDS)
        return status, int(fence), sealed[0] if sealed else None

    def _finish(self, result: ToolResult, fence: int, deadline: float, session_id: str) -> None:
        """Write the result, if it takes waiting for Redis to come back; the fence decides whether it still counts."""
        signed = signed_answer(result, self.signing_key)
        keys = [self.keys.task(result.call_id), self.keys.open]
        limits = [int(KEEP_DONE_SECONDS * 1000), MAX_CARRIED_BYTES]
        arguments: list[str | int | float] = [result.call_id, fence, signed, *limits]
        patience = max(0.0, deadline - time.time()) + RESULT_SECONDS
        status = retry(lambda: self.functions.finish(keys, arguments), patience)
        if status != "finished":
            # This process was stopped, or without Redis, for longer than its lease.
            late = time.time() - result.started_at
            log.error("task_late", status=status, outcome=result.status, seconds=round(late, 1))
            about = {"call_id": result.call_id, "session_id": session_id, "tool": result.tool, "worker": self.name}
            self.audit.record("task.late", **about, status=status, outcome=result.status, seconds=round(late, 1))

    def learn_world(self) -> None:
        """Find out which AWS or Bedrock this worker uses, waiting for it to answer; the next heartbeats say so."""
        endpoints = AwsEndpoints()
        used, url = ("bedrock", endpoints.bedrock) if self.agent == "advisor" else ("aws", endpoints.aws_endpoint_url)
        while (world := aws_world(url)) is None:
            time.sleep(HEARTBEAT_SECONDS)
        self.heartbeat = Heartbeat(self.name, {used: world})
        log.info("aws_endpoint_recognised", endpoint=url or "AWS's own", **self.heartbeat.worlds)

    def beat(self) -> None:
        """Say that this worker's consumer is alive, and in which world. Source of the gateway's readiness."""
        now = time.time()
        try:
            good_until = now + HEARTBEAT_GOOD_FOR_SECONDS
            self.workers = int(self.functions.beat([self.keys.workers], [self.heartbeat.member(), now, good_until]))
        except RedisError as error:
            report(log, "heartbeat_failed", error)
            return
        if self.settings.heartbeat_file:
            Path(self.settings.heartbeat_file).touch()


def _values(*keys: SecretStr | None) -> list[str]:
    """The keys that are set; the one in use first."""
    return [key.get_secret_value() for key in keys if key and key.get_secret_value()]
