"""Who changed a resource: the events of AWS's history, without those by which the plan itself left it as it did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from services.orchestrator.plans.drift.model import ByWhom, Changer
from shared.plans.drift import ChangeSince, ResourceChanges, StepDrift
from shared.plans.plan import Plan
from shared.sessions.role_sessions import session_name

_PLAN_ID = re.compile(r"pln_[A-Za-z0-9_]{1,40}")


def named_plans(found: Iterable[ResourceChanges]) -> set[str]:
    """The ids of the plans in whose role sessions' names calls were made, by what the names say."""
    return {plan_id for one in found for event in one.events if (plan_id := _named(event)) is not None}


def made_by(event: ChangeSince, plans: Mapping[str, Plan]) -> Plan | None:
    """The one of these plans that made the call.

    Who may assume some role may call its session anything: only one of the plan's own role counts.
    """
    plan = plans.get(_named(event) or "")
    if plan is None or plan.identity.role_arn is None:
        return None
    name = plan.identity.role_arn.rpartition("/")[2]
    session = f":{plan.identity.account}:assumed-role/{name}/{session_name(plan.plan_id)}"
    return plan if (event.principal or "").endswith(session) else None


def by_whom(plan: Plan, step: StepDrift, found: ResourceChanges | None, plans: Mapping[str, Plan]) -> ByWhom:
    """Who changed what the step left; `plans` are those of the session's owner, by id."""
    if found is None:
        reason = (
            "it was not asked about"
            if step.names
            else "neither the step nor its result says a name under which AWS's event history would have it"
        )
        return ByWhom("unknown", unread=reason)
    changers = [Changer(event, own.plan_id if own else None) for event, own in _later(plan, found, plans)]
    verdict = found.verdict
    if not changers and verdict == "found":
        verdict = "unknown" if found.unread or found.more else "none_recorded"
    return ByWhom(verdict, tuple(changers), found.more, found.unread)


def _later(plan: Plan, found: ResourceChanges, plans: Mapping[str, Plan]) -> Iterable[tuple[ChangeSince, Plan | None]]:
    """The events but for those of the plan, and of what undid it, before these had ended; each with its plan."""
    for event in found.events:
        own = made_by(event, plans)
        is_part = own is not None and plan.plan_id in (own.plan_id, own.undoes)
        if not (own is not None and is_part and event.time <= (own.ended_at or event.time)):
            yield event, own


def _named(event: ChangeSince) -> str | None:
    """The id of the plan whose role session's name the event has."""
    said, begins = event.session_name or "", session_name("")
    plan_id = said.removeprefix(begins)
    return plan_id if said.startswith(begins) and _PLAN_ID.fullmatch(plan_id) else None
