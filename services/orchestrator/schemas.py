"""Shapes of answers as OpenAPI documents them. They describe what `views.py` makes; nothing is validated by them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from services.orchestrator.sessions.scoping import AgentScope, Scoping
from shared.audit.report import FaultCode
from shared.messages import (
    Agent,
    Cost,
    Effect,
    ErrorBody,
    Finding,
    Gap,
    Identity,
    PlanStatus,
    Review,
    StepRef,
    StepStatus,
)


class SessionAnswer(BaseModel):
    session_id: str
    account: str
    caller_arn: str
    region: str
    regions: list[str]
    scoping: Scoping
    agents: dict[Agent, AgentScope]
    expires_at: str


class OpenedSession(SessionAnswer):
    """`token` is shown this once."""

    token: str


class StepAnswer(BaseModel):
    """One tool call."""

    agent: Agent
    tool: str
    arguments: dict[str, Any]
    status: Literal["ok", "error"]
    result: Any
    error: ErrorBody | None = None
    region: str | None
    started_at: str
    duration_ms: int
    complete: bool
    gaps: list[Gap]
    result_ref: str | None = None


class PlanStepAnswer(BaseModel):
    id: str
    operation: str
    arguments: dict[str, Any]
    needs: list[str]
    title: str
    effect: Effect
    iam_actions: list[str]
    resources: list[str]
    reversible: Literal["yes", "partly", "no"]
    permission: Literal["allowed", "denied", "unknown"]
    cost: Cost
    undoes: StepRef | None
    notes: list[str]
    status: StepStatus
    result: Any = None
    error: ErrorBody | None = None
    answers: list[str] | None = None
    resolve: str | None = None


class PlanLinks(BaseModel):
    """Only what can be done with the plan as it is."""

    self: str
    approve: str | None = None
    reject: str | None = None
    cancel: str | None = None
    resolve: str | None = None
    undo: str | None = None


class PlanAnswer(BaseModel):
    plan_id: str
    turn_id: str | None
    status: PlanStatus
    goal: str
    summary: str
    digest: str
    created_at: str
    expires_at: str
    approved_by: str | None
    decided_at: str | None
    ended_at: str | None
    identity: Identity
    on_failure: Literal["undo", "keep"]
    undoes: str | None
    steps: list[PlanStepAnswer]
    findings: list[Finding]
    review: Review | None
    links: PlanLinks


class PlanPage(BaseModel):
    items: list[PlanAnswer]
    next_cursor: str | None


class GrantLinks(BaseModel):
    self: str


class GrantAnswer(BaseModel):
    """`uses` counts steps, `max_uses` bounds them."""

    grant_id: str
    operation: str
    resource: str
    max_uses: int
    uses: int
    status: Literal["live", "expired", "used_up"]
    created_at: str
    expires_at: str
    links: GrantLinks


class GrantList(BaseModel):
    items: list[GrantAnswer]


class FileAnswer(BaseModel):
    file_id: str
    name: str
    size_bytes: int
    sha256: str


class ToolFunction(BaseModel):
    name: str
    description: str
    parameters: dict[str, Any]


class ToolAnswer(BaseModel):
    """A tool in OpenAI's function-calling form, with what else there is to know."""

    type: Literal["function"]
    function: ToolFunction
    agent: Agent
    effect: Effect
    iam_actions: list[str]
    returns: dict[str, Any]


class ToolList(BaseModel):
    tools: list[ToolAnswer]


class Health(BaseModel):
    status: Literal["ok"]


class Readiness(BaseModel):
    status: Literal["ready", "not_ready"]
    checks: dict[str, bool]


class AuditActor(BaseModel):
    service: str
    caller_arn: str


class AuditEntry(BaseModel):
    """One entry of the audit log; `hash` covers all of it, `prev` is the hash of the entry before."""

    v: Literal[1]
    id: str
    seq: int
    time: int
    session_id: str
    account: str
    actor: AuditActor
    kind: str
    data: dict[str, Any]
    prev: str
    mac: str
    hash: str


class AuditAnchor(BaseModel):
    """How far the log went, signed."""

    v: Literal[1]
    session_id: str
    seq: int
    hash: str
    time: int
    mac: str
    sum: str


class AuditPage(BaseModel):
    items: list[AuditEntry]
    next_cursor: int | None
    head: AuditAnchor


class AuditFault(BaseModel):
    entry: int | None
    code: FaultCode
    detail: str


class AuditHead(BaseModel):
    seq: int
    hash: str


class AuditSource(BaseModel):
    """The anchors by one service that were compared, up to the entry `reach`."""

    service: str
    anchors: int
    reach: int


class AuditCheck(BaseModel):
    """`anchors`: how many outside Redis were compared; without any, a log that was cut off may look whole.

    `sources` says whose they are, `not_shown` what this check leaves open, a sentence each.
    """

    valid: bool
    entries: int
    head: AuditHead
    anchors: int
    sources: list[AuditSource]
    faults: list[AuditFault]
    not_shown: list[str]
