"""Stand-ins for what lies behind the reasoning loop: workers that answer by a script, plans that are prepared."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import JsonValue

from services.orchestrator.sessions.scoping import Scoping
from services.orchestrator.sessions.service import Session
from shared.errors import AssistantError, NotFound
from shared.messages import Agent, Borrowed, Effect, Identity, Plan, ProposedStep, Step, ToolResult

Answering = Callable[[dict[str, JsonValue]], Awaitable[JsonValue]]


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

    def openai(self) -> dict[str, Any]:
        parameters = {"type": "object", "properties": {}}
        return {"type": "function", "function": {"name": self.name, "description": "…", "parameters": parameters}}


FUNCTIONS = (
    FakeFunction("get_s3_usage"),
    FakeFunction("list_ec2_instances"),
    FakeFunction("list_iam_roles"),
    FakeFunction("create_s3_bucket", "executor"),
    FakeFunction("create_iam_role", "executor"),
    FakeFunction("propose_plan", "executor"),
)


@dataclass(slots=True)
class FakeDispatcher:
    """Answers a tool by its function in `tools`, once per call id; counts what runs at the same time."""

    tools: dict[str, Answering] = field(default_factory=dict)
    calls: list[tuple[str, str, dict[str, JsonValue]]] = field(default_factory=list)
    most_at_once: int = 0
    _running: int = 0
    _results: dict[str, ToolResult] = field(default_factory=dict)

    async def call(
        self,
        agent: Agent,
        tool: str,
        arguments: dict[str, JsonValue],
        *,
        session_id: str,
        call_id: str | None = None,
        turn_id: str | None = None,
        timeout: float = 60.0,
    ) -> ToolResult:
        assert call_id is not None
        self.calls.append((call_id, tool, arguments))
        if call_id in self._results:
            return self._results[call_id]
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        try:
            value = await self.tools[tool](arguments)
        finally:
            self._running -= 1
        result = (
            value
            if isinstance(value, ToolResult)
            else ToolResult(
                call_id=call_id,
                agent=agent,
                tool=tool,
                status="ok",
                result=value,
                region="eu-central-1",
                started_at=time.time(),
                duration_ms=1,
            )
        )
        self._results[call_id] = result
        return result


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
    borrowed: list[Borrowed] = field(default_factory=list)

    async def propose(
        self,
        session: Any,
        goal: str,
        steps: Sequence[ProposedStep],
        on_failure: Literal["undo", "keep"] = "undo",
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
        borrowed: Sequence[Borrowed] = (),
    ) -> Plan:
        self.proposals.append((call_id, goal, list(steps), on_failure))
        self.borrowed = list(borrowed)
        if self.refusal:
            raise self.refusal
        plan = Plan(
            plan_id=f"pln_{call_id}",
            session_id=session.session_id,
            turn_id=turn_id,
            status="proposed",
            goal=goal,
            digest="d" * 64,
            created_at=time.time(),
            expires_at=time.time() + 600,
            identity=Identity(account=session.account, caller_arn=session.caller_arn, region=session.region),
            steps=tuple(_step(step) for step in steps),
            summary=f"In account 123456789012: {goal}",
        )
        self.plans.setdefault(plan.plan_id, plan)
        return self.plans[plan.plan_id]

    async def get(self, session_id: str, plan_id: str) -> Plan:
        plan = self.plans.get(plan_id)
        if plan is None or plan.session_id != session_id:
            raise NotFound("there is no such plan in this session", code="plan_not_found")
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
