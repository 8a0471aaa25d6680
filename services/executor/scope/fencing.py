"""Checks a plan against its session's fences (`shared/sessions/fences.py`) when it is prepared, and before it runs.

The fences come with the credentials that were sealed for the executor, the operator's from the executor's own settings
too: a gateway that lies about them changes nothing. Only what the plan's steps do is checked. What the executor reads
in order to prepare a plan, such as the caller's own policies, may lie outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.executor.context import ExecutorContext
from services.executor.registry.location import Location
from services.executor.scope.known_steps import known_steps
from shared.errors import AssistantError, Forbidden
from shared.plans.plan import Plan
from shared.sessions.fences import Perimeter


def check_change(context: ExecutorContext) -> None:
    """Raise Forbidden (`session_read_only`, `account_outside_fence`) where the session may change nothing here."""
    perimeter, info = context.perimeter, context.aws.info
    perimeter.check_change()
    perimeter.check_account(info.account, context.aws.session.account_name)


def check_steps(
    perimeter: Perimeter, actions: Mapping[str, Iterable[str]], regions: Mapping[str, Iterable[str]]
) -> None:
    """Raise Forbidden where a step needs an IAM action, or is in a region, that a fence leaves out; it is named."""
    for step in actions.keys() | regions.keys():
        try:
            perimeter.check_actions(actions.get(step, ()))
            for region in regions.get(step, ()):
                perimeter.check_region(region)
        except Forbidden as outside:
            raise Forbidden(f"step {step!r}: {outside.detail}", code=outside.code) from None


def check_plan(context: ExecutorContext, plan: Plan) -> None:
    """Raise Forbidden where the plan as it is stored leaves a fence; what a step does follows from its arguments."""
    perimeter = context.perimeter
    if not perimeter:
        return
    check_change(context)
    location = Location.of_identity(plan.identity)
    perimeter.check_region(plan.identity.region)
    actions = {step.id: [action for action, _ in step.declared.needs] for step in known_steps(plan, location)}
    check_steps(perimeter, actions, regions_of(plan))


def regions_of(plan: Plan) -> dict[str, list[str]]:
    """By step, the region that its arguments name; each has it spelled out that is in one."""
    named = {step.id: step.arguments.get("region") for step in plan.steps}
    return {step: [region] for step, region in named.items() if isinstance(region, str)}


def of_plan(context: ExecutorContext, account: str) -> ExecutorContext:
    """The context in a stored plan's account. Raises Forbidden (`approval_mismatch`) where the session lacks it."""
    try:
        return context.in_account(account)
    except AssistantError as error:
        if error.code != "unknown_account":
            raise
        raise Forbidden(
            f"the session {context.aws.info.session_id} does not hold the account {account} of the plan; approve it in "
            "one that does",
            code="approval_mismatch",
        ) from None
