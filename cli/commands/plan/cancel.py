"""`assistant plan cancel`: withdraws a plan, or stops it before its next step."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.plan.common import NoWait, PlanId
from cli.errors import Usage
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of
from cli.plans.watching import RESTS, tell_end, watch


def add(app: typer.Typer) -> None:
    app.command()(cancel)


def cancel(
    context: typer.Context,
    plan: PlanId,
    keep: Annotated[bool, typer.Option("--keep", help="Keep what its done steps have made.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Undo its done steps.")] = False,
    no_wait: NoWait = False,
    json: Json = False,
    output: Output = None,
) -> None:
    """Stop a plan. Done steps are kept or undone as told, else as the plan says."""
    invocation = invocation_of(context)
    if keep and undo:
        raise Usage("--keep and --undo exclude each other")
    body = {"completed_steps": "keep" if keep else "undo"} if keep or undo else {}
    stopped = invocation.gateway.post(at("plans", plan, "cancel"), body)
    if not no_wait and stopped["status"] not in RESTS:
        stopped = watch(invocation, invocation.gateway, stopped)
    invocation.give(stopped, lambda: tell_end(invocation, stopped))
