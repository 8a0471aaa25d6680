"""Stand-ins for what lies behind the reasoning loop: workers that answer by a script, plans that are prepared."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import JsonValue

from services.orchestrator.sessions.scoping import Scoping
from services.orchestrator.sessions.session import Session
from services.orchestrator.workers.dispatch import Dispatcher, new_call
from shared.errors import AssistantError, NotFound
from shared.messages import Agent, Effect, ErrorBody, Identity, ToolCall, ToolResult
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep, Step, UntrustedArgument

Answering = Callable[[dict[str, JsonValue]], Awaitable[JsonValue | ToolResult]]
Reply = ToolResult | AssistantError | Answering


def a_session(session_id: str = "ses_test", **changes: Any) -> Session:
    fields: dict[str, Any] = {
        "session_id": session_id,
        "account": "123456789012",
        "caller_arn": "arn:aws:iam::123456789012:user/ada",
        "region": "eu-central-1",
        "regions": ("eu-central-1", "us-east-1"),
        "scoping": Scoping(mode="temporary"),
        "agents": {},
        "created_at": time.time(),
        "expires_at": time.time() + 3600,
    }
    return Session(**(fields | changes))


@dataclass(frozen=True, slots=True)
class FakeFunction:
    name: str
    agent: Agent = "info"
    timeout: float = 5.0

    @property
    def is_change(self) -> bool:
        return self.agent == "executor"

    def openai(self) -> dict[str, Any]:
        parameters = {"type": "object", "properties": {}}
        return {"type": "function", "function": {"name": self.name, "description": "…", "parameters": parameters}}


FUNCTIONS = (
    FakeFunction("get_s3_usage"),
    FakeFunction("list_ec2_instances"),
    FakeFunction("list_iam_roles"),
    FakeFunction("propose_plan", "executor"),
)
# Named by the steps of a plan, not offered.
OPERATIONS = (FakeFunction("create_s3_bucket", "executor"), FakeFunction("create_iam_role", "executor"))


class FakeDispatcher:
    """Answers a tool by what `replies` holds for it, once per call id; `calls` has what was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.calls: list[ToolCall] = []
        self.given_up: list[tuple[Agent, str]] = []
        self.checks = {"redis": True, "info": True, "advisor": True, "executor": True}
        self.most_at_once = 0
        self._running = 0
        self._results: dict[str, ToolResult] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ready(self) -> dict[str, bool]:
        return self.checks

    async def let_go(self, agent: Agent, call_id: str) -> None:
        self.given_up.append((agent, call_id))

    async def with_document(self, result: ToolResult, session_id: str) -> tuple[ToolResult, bytes | None]:
        return result, None

    async def call(self, call: ToolCall, *, whole: bool = True) -> ToolResult:
        self.calls.append(call)
        if call.call_id in self._results:
            return self._results[call.call_id]
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        try:
            result = self._results[call.call_id] = await self._answer(call)
        finally:
            self._running -= 1
        return result

    async def _answer(self, call: ToolCall) -> ToolResult:
        reply = self.replies[call.tool]
        if isinstance(reply, AssistantError):
            raise reply
        value = reply if isinstance(reply, ToolResult) else await reply(call.arguments)
        return value if isinstance(value, ToolResult) else a_result(call.tool, value, call.agent, call.call_id)

    def ok(self, agent: Agent, tool: str, result: JsonValue, **fields: Any) -> ToolResult:
        """Have `tool` answer with `result`."""
        answer = a_result(tool, result, agent).model_copy(update={"region": None, "started_at": 1.5, "duration_ms": 7})
        self.replies[tool] = answer = answer.model_copy(update=fields)
        return answer

    def fail(self, agent: Agent, tool: str, code: str, detail: str = "no", *, retryable: bool = False) -> None:
        """Have `tool` answer with an error."""
        error = ErrorBody(code=code, detail=detail, retryable=retryable)
        self.ok(agent, tool, None, status="error", error=error)


def a_result(tool: str, result: JsonValue, agent: Agent = "info", call_id: str = "c") -> ToolResult:
    return ToolResult(
        call_id=call_id,
        agent=agent,
        tool=tool,
        status="ok",
        result=result,
        region="eu-central-1",
        started_at=time.time(),
        duration_ms=1,
    )


async def ask(
    dispatcher: Dispatcher,
    agent: Agent,
    tool: str,
    arguments: dict[str, JsonValue],
    *,
    session_id: str,
    seconds: float = 60.0,
    call_id: str | None = None,
    turn_id: str | None = None,
) -> ToolResult:
    """Make a call and await its result."""
    call = new_call(agent, tool, arguments, session_id=session_id, seconds=seconds, call_id=call_id, turn_id=turn_id)
    return await dispatcher.call(call)


def answers(value: JsonValue, seconds: float = 0.0) -> Answering:
    """A tool that answers with `value` after a while."""

    async def answering(_: dict[str, JsonValue]) -> JsonValue:
        await asyncio.sleep(seconds)
        return value

    return answering


def fails(error: AssistantError) -> Answering:
    """A tool whose worker cannot be reached."""

    async def failing(_: dict[str, JsonValue]) -> JsonValue:
        raise error

    return failing


@dataclass(slots=True)
class FakePlans:
    """Prepares any plan, the same for the same call id, or refuses with `refusal`."""

    refusal: AssistantError | None = None
    plans: dict[str, Plan] = field(default_factory=dict)
    proposals: list[tuple[str | None, str, list[ProposedStep], str]] = field(default_factory=list)
    untrusted: list[UntrustedArgument] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    async def propose(
        self,
        session: Session,
        goal: str,
        steps: Sequence[ProposedStep],
        on_failure: Literal["undo", "keep"] = "undo",
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
        untrusted: Sequence[UntrustedArgument] = (),
        by_program: bool = False,
        account: str | None = None,
    ) -> Plan:
        self.proposals.append((call_id, goal, list(steps), on_failure))
        self.untrusted = list(untrusted)
        if self.refusal:
            raise self.refusal
        plan = Plan(
            plan_id=f"pln_{call_id}",
            session_id=session.session_id,
            owner=session.owner,
            turn_id=turn_id,
            status="proposed",
            goal=goal,
            digest="d" * 64,
            created_at=time.time(),
            expires_at=time.time() + 600,
            identity=Identity(
                account="123456789012", caller_arn="arn:aws:iam::123456789012:user/ada", region="eu-central-1"
            ),
            steps=tuple(_step(step) for step in steps),
            summary=f"In account 123456789012: {goal}",
        )
        self.plans.setdefault(plan.plan_id, plan)
        return self.plans[plan.plan_id]

    async def withdraw(self, session: Session, call_id: str) -> None:
        self.withdrawn.append(call_id)

    async def get(self, session: Session, plan_id: str, may: str = "read") -> Plan:
        plan = self.plans.get(plan_id)
        if plan is None or plan.owner_id != session.owner_id:
            raise NotFound("there is no such plan", code="plan_not_found")
        return plan

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def done(self, plan_id: str) -> Plan:
        """The plan as it is when it was approved and has run."""
        plan = self.plans[plan_id]
        steps = tuple(step.model_copy(update={"status": "done", "result": {"made": step.id}}) for step in plan.steps)
        return plan.model_copy(update={"status": "done", "steps": steps, "ended_at": time.time()})


def _step(step: ProposedStep) -> Step:
    return Step(
        id=step.id or "?",
        operation=step.operation,
        arguments=step.arguments,
        needs=step.needs,
        title=f"{step.operation} {step.arguments}",
        effect=Effect.WRITE,
        reversible="yes",
    )
