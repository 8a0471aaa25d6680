"""`assistant plan edit`: leaves steps out or gives other arguments; the new plan is checked and decided anew."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.plan.common import PlanId, offer
from cli.errors import Usage
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of
from cli.plans.edits import edit_body


def add(app: typer.Typer) -> None:
    app.command()(edit)


def edit(
    context: typer.Context,
    plan: PlanId,
    put: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="STEP.NAME=VALUE", help="Another argument; several times."),
    ] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", metavar="STEP", help="Leave a step out.")] = None,
    json: Json = False,
    output: Output = None,
) -> None:
    """Change a plan before it is approved. The edited plan takes its place, with a digest of its own."""
    invocation = invocation_of(context)
    if not put and not remove:
        raise Usage("nothing is different", do="Say what is: --set STEP.NAME=VALUE or --remove STEP.")
    gateway = invocation.gateway
    words = [*(f"-{step}" for step in remove or ()), *(put or ())]
    offer(invocation, gateway.post(at("plans", plan, "edit"), edit_body(words, gateway.get(at("plans", plan)))))
