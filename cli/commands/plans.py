"""`assistant plans`: your plans, newest first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.options import Json, Limit, Output, invocation_of
from cli.terminal.rows import Row
from cli.terminal.tables import give_list


def add(app: typer.Typer) -> None:
    app.command()(plans)


def plans(
    context: typer.Context,
    status: Annotated[list[str] | None, typer.Option("--status", "-s", help="Only these; several times.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that wait for a person.")] = False,
    limit: Limit = 20,
    json: Json = False,
    output: Output = None,
) -> None:
    """List plans: `assistant plans --waiting`."""
    invocation = invocation_of(context)
    wanted = [*(status or ()), *(("proposed", "in_doubt") if waiting else ())]
    found = invocation.gateway.pages("/v1/plans", {"status": wanted or None}, most=limit)
    give_list(invocation, found, _row, empty="no plans")


def _row(plan: dict[str, Any] | Row) -> Row:
    return {
        "plan": plan["plan_id"],
        "status": plan["status"],
        "created": plan["created_at"],
        "steps": len(plan["steps"]),
        "account": plan["identity"]["account"],
        "goal": plan["goal"],
    }
