"""`assistant plan reject`: says no to a plan; it never runs."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.plan.common import PlanId
from cli.options import Json, Output, invocation_of
from cli.plans import deciding
from cli.plans.watching import tell_end


def add(app: typer.Typer) -> None:
    app.command()(reject)


def reject(
    context: typer.Context,
    plan: PlanId,
    reason: Annotated[str | None, typer.Option("--reason", "-m", help="Why; it is kept with the plan.")] = None,
    json: Json = False,
    output: Output = None,
) -> None:
    """Refuse a plan for good."""
    invocation = invocation_of(context)
    rejected = deciding.reject(invocation.gateway, plan, reason)
    invocation.give(rejected, lambda: tell_end(invocation, rejected))
