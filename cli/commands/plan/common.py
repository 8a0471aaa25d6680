"""What the commands about one plan share: its id as an argument, and how they answer."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn

import typer

from cli.completion import plan_ids
from cli.plans import deciding, page, watching
from cli.terminal.invocation import Invocation

PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="The plan's id, pln_….", autocompletion=plan_ids)]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for its end.")]


def see_through(invocation: Invocation, plan: dict[str, Any], *, wait: bool) -> NoReturn:
    """Watch a decided plan to its end, and end the command as the plan ends."""
    if wait and plan["status"] not in (*watching.RESTS, "proposed"):
        plan = watching.watch(invocation, invocation.gateway, plan)
    invocation.give(plan, lambda: watching.tell_end(invocation, plan))
    raise typer.Exit(int(watching.exit_code(plan)))


def offer(invocation: Invocation, plan: dict[str, Any], *, decide: bool = True) -> NoReturn:
    """Show a plan; where a person is there have it decided and see it through, else say how it is decided.

    `decide`: whether it is asked for at all.
    """
    if invocation.format == "json":
        invocation.json(plan)
        raise typer.Exit(int(watching.exit_code(plan)))
    if not decide or not invocation.interactive or plan["status"] != "proposed":
        page.show_page(invocation.out, plan)
        page.show_commands(invocation.err, plan)
        raise typer.Exit(int(watching.exit_code(plan)))
    try:
        decided = deciding.decide(invocation, invocation.gateway, plan)
    except EOFError:
        decided = plan
    see_through(invocation, decided, wait=True)
