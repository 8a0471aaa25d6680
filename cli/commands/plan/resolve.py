"""`assistant plan resolve`: a person says whether a step in doubt happened."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.plan.common import NoWait, PlanId, see_through
from cli.errors import Usage
from cli.gateway.addresses import at
from cli.options import Json, Output, Quiet, invocation_of


def add(app: typer.Typer) -> None:
    app.command()(resolve)


def resolve(
    context: typer.Context,
    plan: PlanId,
    step: Annotated[str, typer.Argument(help="The step's id.")],
    happened: Annotated[
        bool | None, typer.Option("--happened/--did-not-happen", help="What the account shows.", show_default=False)
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Do not go on with the plan; end it.")] = False,
    no_wait: NoWait = False,
    json: Json = False,
    output: Output = None,
    quiet: Quiet = False,
) -> None:
    """Answer for a step in doubt. Look into the account first: the plan goes on with what you say."""
    invocation = invocation_of(context)
    if happened is None:
        raise Usage("say what the account shows: --happened or --did-not-happen")
    body = {"step": step, "happened": happened, "then": "stop" if stop else "continue"}
    answered = invocation.gateway.post(at("plans", plan, "resolve"), body)
    # Where another step is still in doubt, the plan stays as it is.
    still = any(one.get("resolve") for one in answered["steps"])
    see_through(invocation, answered, wait=not no_wait and not still)
