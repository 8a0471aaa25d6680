"""`assistant plan undo`: a new plan that takes back what an ended one did, to be decided like any other."""

from __future__ import annotations

import typer

from cli.commands.plan.common import PlanId, offer
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of


def add(app: typer.Typer) -> None:
    app.command()(undo)


def undo(context: typer.Context, plan: PlanId, json: Json = False, output: Output = None) -> None:
    """Have a plan prepared that undoes this one. It changes nothing before it is approved."""
    invocation = invocation_of(context)
    offer(invocation, invocation.gateway.post(at("plans", plan, "undo")))
