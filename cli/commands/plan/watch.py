"""`assistant plan watch`: what a plan does, until it does nothing more by itself."""

from __future__ import annotations

import typer

from cli.commands.plan.common import PlanId
from cli.gateway.addresses import at
from cli.options import Json, Output, Quiet, invocation_of
from cli.plans import watching


def add(app: typer.Typer) -> None:
    app.command()(watch)


def watch(
    context: typer.Context, plan: PlanId, json: Json = False, output: Output = None, quiet: Quiet = False
) -> None:
    """Follow a plan to its end. With --json every change is one line, the plan as it is then. Ctrl-C stops nothing."""
    invocation = invocation_of(context)
    found = invocation.gateway.get(at("plans", plan))
    ended = watching.watch(invocation, invocation.gateway, found, as_lines=invocation.format == "json")
    if invocation.format != "json":
        watching.tell_end(invocation, ended)
    raise typer.Exit(int(watching.exit_code(ended)))
