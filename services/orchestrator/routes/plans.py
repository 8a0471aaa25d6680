"""`/v1/plans`: propose changes without a model, see them, and decide them. Only a person's token decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse as PlainJsonResponse
from fastapi.responses import PlainTextResponse

from services.orchestrator.gateway import CurrentGateway, Gateway
from services.orchestrator.http.conditional import answer_tagged, tagged
from services.orchestrator.http.idempotency import once
from services.orchestrator.http.openapi.declared import CONDITIONAL, IDEMPOTENT, TAGGED, located
from services.orchestrator.http.parameters import Cursor
from services.orchestrator.http.responses import Answer, JsonObject, respond
from services.orchestrator.plans.cloudformation.export import as_cloudformation
from services.orchestrator.plans.view import PlanAnswer, PlanPage
from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.routes.plan_requests import (
    ApproveRequest,
    CancelRequest,
    EditRequest,
    PlanRequest,
    RejectRequest,
    ResolveRequest,
)
from services.orchestrator.sessions.session import Session
from shared.plans.page.page import plan_page
from shared.plans.plan import Plan, PlanStatus

router = APIRouter(prefix="/v1/plans", tags=["plans"])


@router.post(
    "",
    status_code=201,
    response_model=PlanAnswer,
    responses=located(201, "The plan, as prepared and checked"),
    openapi_extra=IDEMPOTENT,
    summary="Propose a plan",
)
async def propose_plan(
    body: PlanRequest, request: Request, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """Have the executor prepare and check a plan. Nothing is changed before it is approved.

    Claude's review of its policies comes later: `review_status` is `pending` until then.

    Every argument is marked untrusted: who approves it did not write it here.
    A standing grant that covers every step approves it at once: `approved_by` then names the grant.
    """

    async def act() -> Plan:
        plan = await gateway.plans.propose(
            session, body.goal, body.steps, body.on_failure, by_program=True, account=body.account
        )
        return await gateway.decisions.approvals.by_grant(plan)

    return await _once(request, session, gateway, 201, act)


@router.get("", summary="Plans, newest first")
async def list_plans(
    session: CurrentSession,
    gateway: CurrentGateway,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100, description="How many plans at most.")] = 20,
    status: Annotated[
        list[PlanStatus] | None,
        Query(
            max_length=20, description="Only plans of this status; may be given several times.", examples=[["proposed"]]
        ),
    ] = None,
) -> PlanPage:
    """Your plans, newest first; `next_cursor` asks for the next page, and is null on the last one.

    With `status` a page may have fewer plans than `limit`, or none, and still have a next one.
    """
    return PlanPage.of(await gateway.plans.page(session, cursor, limit, frozenset(status or ())))


_IN_WORDS: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}


@router.get(
    "/{plan_id}",
    response_model=PlanAnswer,
    responses={**TAGGED, 200: TAGGED[200] | {"content": _IN_WORDS}},
    openapi_extra=CONDITIONAL,
    summary="A plan",
)
async def show_plan(plan_id: str, request: Request, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """A plan with its status as of now; with `Accept: text/plain` as one page in words."""
    plan = await gateway.plans.get(session, plan_id)
    accepted = request.headers.get("accept", "")
    if "text/plain" in accepted and "json" not in accepted:
        return tagged(request, PlainTextResponse(plan_page(plan)))
    return answer_tagged(request, PlanAnswer.of(plan))


@router.get("/{plan_id}/export", response_model=JsonObject, summary="A plan as code")
async def export_plan(
    plan_id: str,
    session: CurrentSession,
    gateway: CurrentGateway,
    form: Annotated[
        Literal["cloudformation"], Query(alias="as", description="What to export it as.", examples=["cloudformation"])
    ],
    region: Annotated[
        str | None,
        Query(
            max_length=40, description="Whose resources; needed where the plan acts in several.", examples=["eu-west-1"]
        ),
    ] = None,
) -> Response:
    """A CloudFormation template, JSON, of what the plan made, or would make: deploy it as it is.

    References between steps are `Ref` and `Fn::GetAtt`, secrets are parameters, and what holds data is retained. What a
    template cannot say, such as a deletion, is in `Metadata`. 409 `nothing_to_export` where nothing is left.
    """
    plan = await gateway.plans.get(session, plan_id)
    # Unmarked: the template says itself that it is of a sandbox.
    return PlainJsonResponse(as_cloudformation(plan, region, sandbox=gateway.worlds.sandbox))


@router.post(
    "/{plan_id}/approve",
    status_code=202,
    response_model=PlanAnswer,
    responses=located(202, "The plan, approved"),
    openapi_extra=IDEMPOTENT,
    summary="Approve a plan",
)
async def approve_plan(
    plan_id: str, body: ApproveRequest, request: Request, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """Approve the plan's digest, once; it then runs. 409 for another digest, 410 once it has expired.

    409 `review_pending` where the operator's rules ask to wait for Claude's review, with `Retry-After`. Only you see
    what a step `read_sensitive` reads, unless `share_with_model` names the step.
    """

    async def act() -> Plan:
        return await gateway.decisions.approvals.approve(
            session, plan_id, body.digest, body.acknowledged, body.share_with_model
        )

    return await _once(request, session, gateway, 202, act)


@router.post(
    "/{plan_id}/reject",
    status_code=202,
    response_model=PlanAnswer,
    responses=located(202, "The plan, rejected"),
    openapi_extra=IDEMPOTENT,
    summary="Refuse a plan",
)
async def reject_plan(
    plan_id: str,
    request: Request,
    session: CurrentSession,
    gateway: CurrentGateway,
    body: RejectRequest | None = None,
) -> Response:
    """Say no to a plan; it will never run. 409 where it is decided already, 410 once it has expired."""

    async def act() -> Plan:
        reason = body.reason if body else None
        return await gateway.decisions.approvals.reject(session, plan_id, reason)

    return await _once(request, session, gateway, 202, act)


@router.post(
    "/{plan_id}/edit",
    status_code=201,
    response_model=PlanAnswer,
    responses=located(201, "The edited plan, to be approved instead"),
    openapi_extra=IDEMPOTENT,
    summary="Edit a plan",
)
async def edit_plan(
    plan_id: str, body: EditRequest, request: Request, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """Change a plan before it is approved: leave steps out, or give other arguments, which are merged by name.

    The edited plan is prepared and checked anew and has its own digest; `Location` is where it is. The plan itself is
    `cancelled`, with `replaced_by`. 409 `already_decided` where somebody decided it first; after a refusal it is as it
    was. Only its owner edits a plan.
    """

    async def act() -> Plan:
        return await gateway.decisions.edits.edit(session, plan_id, body.remove, body.arguments)

    return await _once(request, session, gateway, 201, act)


@router.post(
    "/{plan_id}/cancel",
    status_code=202,
    response_model=PlanAnswer,
    responses=located(202, "The plan, as it is now"),
    openapi_extra=IDEMPOTENT,
    summary="Stop a plan",
)
async def cancel_plan(
    plan_id: str,
    request: Request,
    session: CurrentSession,
    gateway: CurrentGateway,
    body: CancelRequest | None = None,
) -> Response:
    """Stop a plan before its next step; one that nobody has approved is `cancelled` at once.

    409 `already_ended` where nothing is left to stop. A plan whose last step is under way may still end `done`.
    """

    async def act() -> Plan:
        completed = body.completed_steps if body else None
        return await gateway.decisions.approvals.cancel(session, plan_id, completed)

    return await _once(request, session, gateway, 202, act)


@router.post(
    "/{plan_id}/resolve",
    status_code=202,
    response_model=PlanAnswer,
    responses=located(202, "The plan, as it is now"),
    openapi_extra=IDEMPOTENT,
    summary="Answer for a step in doubt",
)
async def resolve_step(
    plan_id: str, body: ResolveRequest, request: Request, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """Say of a step in doubt whether it happened. Once every step in doubt has its answer, the plan goes on."""

    async def act() -> Plan:
        return await gateway.decisions.approvals.resolve(
            session, plan_id, body.step, happened=body.happened, then=body.then
        )

    return await _once(request, session, gateway, 202, act)


@router.post(
    "/{plan_id}/undo",
    status_code=202,
    response_model=PlanAnswer,
    responses=located(202, "The new plan, to be approved like any other"),
    openapi_extra=IDEMPOTENT,
    summary="Undo a plan",
)
async def undo_plan(plan_id: str, request: Request, session: CurrentSession, gateway: CurrentGateway) -> Response:
    """Have a new plan prepared that takes an ended plan's done steps back; it is approved like any other.

    `Location` is the new plan, whose `proposed_by` is `program`: a token does not say who asks. 409 `cannot_undo`, with
    the reasons, where somebody has changed what it made.
    """

    async def act() -> Plan:
        return await gateway.plans.undo(session, plan_id, by_program=True)

    return await _once(request, session, gateway, 202, act)


async def _once(
    request: Request, session: Session, gateway: Gateway, status: int, act: Callable[[], Awaitable[Plan]]
) -> Response:
    """Answer with the plan that `act` returns, and where it is; the same again for the same Idempotency-Key."""

    async def answer() -> Answer:
        shown = PlanAnswer.of(await act())
        return Answer.of(status, shown, {"Location": shown.links.self})

    return respond(request, await once(gateway.redis, request, session, await request.body(), answer))
