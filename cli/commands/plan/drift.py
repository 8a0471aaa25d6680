"""`assistant plan drift`: what of an ended plan is no longer as it was left, and by whom."""

from __future__ import annotations

import typer
from rich.text import Text

from cli.commands.plan.common import PlanId
from cli.exit_codes import ExitCode
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of
from cli.terminal.invocation import Invocation
from cli.terminal.text import safe


def add(app: typer.Typer) -> None:
    app.command()(drift)


def drift(context: typer.Context, plan: PlanId, json: Json = False, output: Output = None) -> None:
    """Compare what an ended plan left with what AWS shows now; changes nothing. Ends with 0 where all of it is as it
    was left, and with 1 where something is not, or could not be compared.
    """
    invocation = invocation_of(context)
    found = invocation.gateway.get(at("plans", plan, "drift"))
    invocation.give(found, lambda: _show(invocation, str(found["summary"])))
    raise typer.Exit(int(ExitCode.OK if found["verdict"] == "as_left" else ExitCode.FAILED))


def _show(invocation: Invocation, page: str) -> None:
    for number, text in enumerate(safe(page).splitlines()):
        differs = text.endswith((": CHANGED", ": GONE"))
        invocation.out.print(Text(text, style="bold red" if differs else "bold" if number == 0 else ""))
