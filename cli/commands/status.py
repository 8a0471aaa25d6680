"""`assistant status`: who is asking which account, for how long, and what waits for a decision."""

from __future__ import annotations

import os
from typing import Any

import typer

from cli.commands.login import tell_session
from cli.options import Address, CaFile, Json, Output, PlainHttp, invocation_of
from cli.terminal.text import line


def add(app: typer.Typer) -> None:
    app.command()(status)


def status(
    context: typer.Context,
    address: Address = None,
    ca_file: CaFile = None,
    plain_http: PlainHttp = False,
    json: Json = False,
    output: Output = None,
) -> None:
    """Show the session, the plans that wait for you, and whether its audit log is whole."""
    invocation = invocation_of(context)
    gateway = invocation.gateway
    session = gateway.get("/v1/sessions/current")
    waiting = gateway.pages("/v1/plans", {"status": ["proposed", "in_doubt"]}, most=100)["items"]
    audit = gateway.get("/v1/audit/verify")
    plans: list[dict[str, Any]] = [{name: one[name] for name in ("plan_id", "status", "goal")} for one in waiting]
    whole = {name: audit[name] for name in ("valid", "entries", "faults")}
    answer = {
        "gateway": gateway.address,
        "token_in": "environment" if os.environ.get("ASSISTANT_TOKEN") else "login",
        "session": session,
        "waiting": plans,
        "audit": whole,
    }

    def tell() -> None:
        tell_session(invocation, gateway.address, session)
        said = f"whole, {audit['entries']} entries" if audit["valid"] else "NOT WHOLE: assistant audit verify"
        invocation.out.print(line(("audit".ljust(9), "bold"), (said, "" if audit["valid"] else "bold red")))
        for plan in plans:
            invocation.out.print(
                line(("waits".ljust(9), "bold"), f"{plan['plan_id']} ({plan['status']}): {plan['goal']}")
            )

    invocation.give(answer, tell)
