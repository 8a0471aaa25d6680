"""`/plans`: the plans, and the page on which a person understands one and decides it."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.plans.cloudformation.export import as_cloudformation
from services.orchestrator.routes.secrets import check_secrets
from services.orchestrator.web.forms import Form, OwnForm, WrittenForm
from services.orchestrator.web.rendering import page
from services.orchestrator.web.streams import PageStream
from services.orchestrator.web.views.plan.editing import edit_steps, read_edit, written
from services.orchestrator.web.views.plan.narrower import narrower_of
from services.orchestrator.web.views.plan.parts import follow_plan, shown_now, version_of
from services.orchestrator.web.views.plan.shown import headline
from services.orchestrator.web.visit import CurrentVisit
from shared.errors import Conflict, InvalidArguments
from shared.plans.decisions import Acknowledged
from shared.plans.page.actions import can_be_edited
from shared.plans.page.page import plan_page
from shared.plans.plan import Plan, PlanStatus

router = APIRouter(prefix="/plans")

PAGE = 25
_STATUSES: tuple[PlanStatus, ...] = get_args(PlanStatus)


@router.get("")
async def list_plans(
    request: Request,
    visit: CurrentVisit,
    gateway: CurrentGateway,
    status: str = "",
    cursor: str | None = None,
) -> Response:
    """Plans, newest first, all or those of a status."""
    chosen = tuple(one for one in _STATUSES if one == status)
    if status and not chosen:
        raise InvalidArguments("status: is none of a plan", code="invalid_request")
    found = await gateway.plans.page(visit.session, cursor, PAGE, chosen)
    lines = [(plan, headline(plan)) for plan in found.plans]
    return page(
        request, "plans.html", visit, lines=lines, found=found, chosen=status, statuses=_STATUSES, first=cursor is None
    )


@router.get("/{plan_id}")
async def show_plan(plan_id: str, request: Request, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """A plan: what it changes and what of it is grave, its steps, and how it goes on."""
    plan = await gateway.plans.get(visit.session, plan_id)
    shown = await shown_now(gateway, visit, plan)
    evidence = await gateway.evidence.last(plan_id)
    return page(request, "plan.html", visit, shown=shown, plan=plan, version=version_of(plan), evidence=evidence)


@router.get("/{plan_id}/text")
async def plan_text(plan_id: str, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """The page of the plan in text, as REST and the command line show it."""
    return PlainTextResponse(plan_page(await gateway.plans.get(visit.session, plan_id)))


@router.get("/{plan_id}/cloudformation")
async def plan_as_cloudformation(
    plan_id: str, visit: CurrentVisit, gateway: CurrentGateway, region: str | None = None
) -> Response:
    """A CloudFormation template of what the plan makes, to be kept as a file."""
    plan = await gateway.plans.get(visit.session, plan_id)
    template = as_cloudformation(plan, region, sandbox=gateway.worlds.sandbox)
    headers = {"Content-Disposition": f'attachment; filename="{plan_id}.json"'}
    return JSONResponse(template, headers=headers)


@router.get("/{plan_id}/live")
async def live(
    plan_id: str,
    visit: CurrentVisit,
    gateway: CurrentGateway,
    seen: str = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """What changes of the page, as events, until the plan has ended."""
    await gateway.plans.get(visit.session, plan_id)
    return PageStream(follow_plan(gateway, visit, plan_id, last_event_id or seen))


@router.post("/{plan_id}/approve")
async def approve(plan_id: str, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Approve exactly the plan that was shown, with what was acknowledged of it."""
    digest, acknowledged = form.text("digest", 128), _acknowledged(form)
    shared = form.all("share_with_model")
    return _to(await gateway.decisions.approvals.approve(visit.session, plan_id, digest, acknowledged, shared))


def _acknowledged(form: Form) -> list[Acknowledged]:
    """The boxes that were ticked, and what was typed. A finding whose name is typed needs no box."""
    typed = {finding: text for finding, text in form.under("typed.").items() if text}
    ids = dict.fromkeys([*form.all("acknowledged"), *typed])
    if any(len(one) > 64 for one in ids) or any(len(text) > 2048 for text in typed.values()):
        raise InvalidArguments("acknowledged: is of no finding", code="invalid_request")
    return [Acknowledged(finding_id=one, typed=typed.get(one)) for one in ids if one]


@router.post("/{plan_id}/reject")
async def reject(plan_id: str, form: WrittenForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Refuse the plan for good."""
    return _to(await gateway.decisions.approvals.reject(visit.session, plan_id, form.text("reason") or None))


@router.post("/{plan_id}/cancel")
async def cancel(plan_id: str, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Withdraw the plan, or stop it before its next step."""
    completed = form.text("completed_steps")
    wish: Literal["undo", "keep"] | None = "undo" if completed == "undo" else "keep" if completed == "keep" else None
    return _to(await gateway.decisions.approvals.cancel(visit.session, plan_id, wish))


@router.post("/{plan_id}/undo")
async def undo(plan_id: str, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Have a plan prepared that takes this one back, and show it."""
    return _to(await gateway.plans.undo(visit.session, plan_id))


@router.post("/{plan_id}/resolve")
async def resolve(plan_id: str, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Say of a step in doubt whether it happened."""
    happened, then = form.text("happened"), form.text("then")
    if happened not in ("yes", "no") or then not in ("continue", "stop"):
        raise InvalidArguments("say whether the step happened, and whether the plan goes on", code="invalid_request")
    resolved = await gateway.decisions.approvals.resolve(
        visit.session,
        plan_id,
        form.text("step", 64),
        happened=happened == "yes",
        then="stop" if then == "stop" else "continue",
    )
    return _to(resolved)


@router.get("/{plan_id}/edit")
async def show_edit(plan_id: str, request: Request, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """The plan as a form."""
    plan = await gateway.plans.own(visit.session, plan_id)
    if not can_be_edited(plan):
        raise Conflict(f"it cannot be edited: it is {plan.status}", code="already_decided")
    return page(request, "plan_edit.html", visit, plan=plan, steps=edit_steps(plan), headline=headline(plan))


@router.post("/{plan_id}/edit")
async def edit(plan_id: str, request: Request, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Have the edited form of the plan prepared, and show it."""
    plan = await gateway.plans.own(visit.session, plan_id)
    remove, arguments = read_edit(plan, form.all("left_out"), form.under(""))
    check_secrets(written(remove, arguments), request.url.path)
    return _to(await gateway.decisions.edits.edit(visit.session, plan_id, remove, arguments))


@router.post("/{plan_id}/narrow")
async def narrow(plan_id: str, form: OwnForm, visit: CurrentVisit, gateway: CurrentGateway) -> Response:
    """Edit the plan so that it gives the narrower policy that Claude suggests."""
    narrower = narrower_of(await gateway.plans.get(visit.session, plan_id))
    if narrower is None:
        raise Conflict("no narrower policy is suggested for a plan that can be edited", code="conflict")
    return _to(await gateway.decisions.edits.edit(visit.session, plan_id, narrower.remove, narrower.arguments))


def _to(plan: Plan) -> Response:
    """The plan's own page; a browser that is reloaded there sends nothing again."""
    return RedirectResponse(f"/plans/{plan.plan_id}", status_code=303)
