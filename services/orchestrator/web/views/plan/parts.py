"""The parts of a plan's page that change while it is looked at, and the stream of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

from services.orchestrator.gateway import Gateway
from services.orchestrator.web.rendering import render
from services.orchestrator.web.streams import done, message, partials
from services.orchestrator.web.views.plan.shown import PlanShown, plan_shown
from services.orchestrator.web.visit import Visit
from shared.errors import NotFound, Unavailable
from shared.plans.plan import PLAN_ENDS, Plan

LOOK_SECONDS = 0.7
PARTS = ("top", "alerts", "order", "review", "decide")


async def shown_now(gateway: Gateway, visit: Visit, plan: Plan) -> PlanShown:
    """The plan as its page shows it; beside the plan of which it is the edited form, where that can be read."""
    before = None
    if plan.replaces is not None:
        try:
            before = await gateway.plans.get(visit.session, plan.replaces)
        except (NotFound, Unavailable):
            before = None
    decided_by = await gateway.plans.deciders(plan.plan_id)
    return plan_shown(plan, before, sandbox=gateway.worlds.sandbox, decided_by=decided_by)


def version_of(plan: Plan) -> str:
    """Another one as soon as anything of the plan is."""
    return hashlib.sha256(plan.model_dump_json().encode()).hexdigest()[:24]


def parts_of(shown: PlanShown, csrf: str) -> dict[str, str]:
    """Each part as HTML, by its id on the page."""
    parts = {f"plan-{name}": render(f"plan/{name}.html", shown=shown, plan=shown.plan, csrf=csrf) for name in PARTS}
    for step in shown.steps:
        parts[f"step-{step.number}"] = render("plan/step.html", shown=shown, plan=shown.plan, one=step, csrf=csrf)
    return parts


async def follow_plan(gateway: Gateway, visit: Visit, plan_id: str, seen: str) -> AsyncIterator[bytes | None]:
    """What changes of the page that shows version `seen`, until the plan or the session has ended."""
    sent: dict[str, str] = {}
    while await gateway.sessions.get(visit.session.session_id) is not None:
        plan = await gateway.plans.get(visit.session, plan_id)
        version = version_of(plan)
        if version != seen or not sent:
            parts = parts_of(await shown_now(gateway, visit, plan), visit.csrf)
            changed = {name: html for name, html in parts.items() if sent.get(name) != html}
            sent = parts
            if version != seen:
                seen = version
                yield message(partials(changed), version)
        if plan.status in PLAN_ENDS:
            break
        yield None
        await asyncio.sleep(LOOK_SECONDS)
    yield done(seen)
