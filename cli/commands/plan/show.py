"""`assistant plan show`: the page of a plan; at a terminal a key decides it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.plan.common import PlanId, offer
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of
from cli.plans.page import commands, show_page
from cli.plans.watching import exit_code
from cli.terminal.text import line


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
    found = invocation.gateway.get(at("plans", plan))
    if decide:
        offer(invocation, found)

    def tell() -> None:
        show_page(invocation.out, found)
        for command in commands(found):
            invocation.err.print(line(f"  {command}"))

    invocation.give(found, tell)
    raise typer.Exit(int(exit_code(found)))
