"""`assistant plan evidence`: what AWS's own event history has of a plan's calls, asked now."""

from __future__ import annotations

import typer
from rich.text import Text

from cli.commands.plan.common import PlanId
from cli.exit_codes import ExitCode
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of
from cli.terminal.invocation import Invocation
from cli.terminal.text import safe

_ENDS = {"agrees": ExitCode.OK, "waiting": ExitCode.WAITING}


def add(app: typer.Typer) -> None:
    app.command()(evidence)


def evidence(context: typer.Context, plan: PlanId, json: Json = False, output: Output = None) -> None:
    """Compare an ended plan's calls with AWS's event history. Ends with 0 where both have the same calls, with 3 while
    AWS may not show all of them yet, and with 1 after an alarm or where it cannot be told.
    """
    invocation = invocation_of(context)
    found = invocation.gateway.get(at("plans", plan, "evidence"))
    invocation.give(found, lambda: _show(invocation, str(found["summary"])))
    raise typer.Exit(int(_ENDS.get(found["verdict"], ExitCode.FAILED)))


def _show(invocation: Invocation, page: str) -> None:
    for number, text in enumerate(safe(page).splitlines()):
        alarming = "ALARM" in text or "Only AWS has" in text
        invocation.out.print(Text(text, style="bold red" if alarming else "bold" if number == 0 else ""))
