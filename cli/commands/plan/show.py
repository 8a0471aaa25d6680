"""`assistant plan show`: the page of a plan, and how to decide it; with `--decide` a key does."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.plan.common import PlanId, offer
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of


def add(app: typer.Typer) -> None:
    app.command()(show)


def show(
    context: typer.Context,
    plan: PlanId,
    decide: Annotated[bool, typer.Option("--decide", "-d", help="Ask for the decision as well.")] = False,
    json: Json = False,
    output: Output = None,
) -> None:
    """Show a plan as it is now. Ends with 3 while it waits for a person, with 0 when it is done."""
    invocation = invocation_of(context)
    offer(invocation, invocation.gateway.get(at("plans", plan)), decide=decide)
