"""`/v1/plans`: propose changes without a model, see them, and decide them. Only a person's token decides."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.orchestrator.answers import Answer, JsonObject, respond
from services.orchestrator.auth import CurrentSession
from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.idempotency import once
from services.orchestrator.schemas import PlanAnswer, PlanPage
from services.orchestrator.views import plan_view
from shared.messages import Plan, ProposedStep

router = APIRouter(prefix="/v1/plans", tags=["plans"])

MAX_STEPS = 50


class StepRequest(ProposedStep):
    """A step; an argument may be `{"$from": "STEP_ID.path"}`, an earlier step's result."""

    arguments: JsonObject = Field(default_factory=dict)
    needs: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=MAX_STEPS)


class PlanRequest(BaseModel):
    """The body of `POST /v1/plans`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    goal: str = Field(min_length=1, max_length=2000, description="What this is for, in words.")
    steps: list[StepRequest] = Field(min_length=1, max_length=MAX_STEPS)
    on_failure: Literal["undo", "keep"] = "undo"


class ApproveRequest(BaseModel):
    """The digest of the plan as it was shown: what runs is what was approved."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    digest: str = Field(min_length=1, max_length=128)


class RejectRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    reason: str | None = Field(default=None, max_length=2000)


@router.post("", status_code=201, responses={201: {"model": PlanAnswer}}, response_class=Response)
async def propose_plan(
    body: PlanRequest, request: Request, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """Have the executor prepare and check a plan. Nothing is changed before it is approved."""

    async def act() -> Answer:
        plan = await gateway.plans.propose(session, body.goal, body.steps, body.on_failure)
        return _answer(201, plan)

    return respond(request, await once(gateway.redis, request, session, await request.body(), act))


@router.get("", responses={200: {"model": PlanPage}}, response_model=None)
async def list_plans(
    session: CurrentSession,
    gateway: CurrentGateway,
    cursor: Annotated[str | None, Query(max_length=128)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    """The session's plans, newest first; `next_cursor` asks for the next page."""
    page = await gateway.plans.page(session.session_id, cursor, limit)
    return {"items": [plan_view(plan) for plan in page.plans], "next_cursor": page.next_cursor}


@router.get("/{plan_id}", responses={200: {"model": PlanAnswer}}, response_model=None)
async def show_plan(plan_id: str, session: CurrentSession, gateway: CurrentGateway) -> dict[str, Any]:
    """A plan with its status as of now."""
    return plan_view(await gateway.plans.get(session.session_id, plan_id))


@router.post("/{plan_id}/approve", status_code=202, responses={202: {"model": PlanAnswer}}, response_class=Response)
async def approve_plan(
    plan_id: str, body: ApproveRequest, request: Request, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """Approve the plan's digest, once; it then runs. 409 for another digest, 410 once it has expired."""

    async def act() -> Answer:
        return _answer(202, await gateway.plans.approve(session.session_id, plan_id, body.digest))

    return respond(request, await once(gateway.redis, request, session, await request.body(), act))


@router.post("/{plan_id}/reject", responses={200: {"model": PlanAnswer}}, response_class=Response)
async def reject_plan(
    plan_id: str,
    request: Request,
    session: CurrentSession,
    gateway: CurrentGateway,
    body: RejectRequest | None = None,
) -> Response:
    """Say no to a plan; it will never run."""

    async def act() -> Answer:
        reason = body.reason if body else None
        return _answer(200, await gateway.plans.reject(session.session_id, plan_id, reason))

    return respond(request, await once(gateway.redis, request, session, await request.body(), act))


def _answer(status: int, plan: Plan) -> Answer:
    view = plan_view(plan)
    return Answer(status, view, {"Location": view["links"]["self"]})
