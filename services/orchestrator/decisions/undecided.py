"""Whether a plan can still be decided, and with whose credentials; the same for every decision."""

from __future__ import annotations

from shared.errors import Conflict, Gone
from shared.plans.plan import Plan


def check_undecided(plan: Plan) -> None:
    """Raise Gone (`plan_expired`) or Conflict (`already_decided`) unless the plan waits for a decision."""
    if plan.status == "expired":
        raise Gone("the plan has expired; propose it again", code="plan_expired")
    if plan.status != "proposed":
        raise decided_already(plan)


def decided_already(plan: Plan) -> Conflict:
    instead = f"; {plan.replaced_by} replaces it" if plan.replaced_by else ""
    return Conflict(f"the plan is already decided: it is {plan.status}{instead}", code="already_decided")


def session_ended(plan: Plan, then: str) -> Conflict:
    """No session of the plan's owner is open; `then` is what to do again once there is one."""
    role = f" with the role {plan.identity.role_arn}" if plan.identity.role_arn else " without a role"
    return Conflict(
        f"no session is open whose credentials could run the plan, since that in which it was proposed has ended: "
        f"{plan.identity.caller_arn} opens one{role} (POST /v1/sessions), then {then} again",
        code="session_ended",
    )
