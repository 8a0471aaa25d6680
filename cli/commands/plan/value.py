"""`assistant plan value`: what a step has read for you alone; asks first, since it is then on your screen."""

from __future__ import annotations

import json as json_
import sys
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from cli.commands.plan.common import PlanId
from cli.errors import Usage
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of
from cli.terminal.invocation import Invocation
from cli.terminal.keys import typed
from cli.terminal.text import line, one_line, safe


def add(app: typer.Typer) -> None:
    app.command()(value)


def value(
    context: typer.Context,
    plan: PlanId,
    step: Annotated[str, typer.Argument(metavar="STEP", help="The step that has read it, such as s1.")],
    member: Annotated[
        str | None, typer.Option("--member", help="One member of AWS's answer, such as SecretString or Body.")
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="The member's bytes and nothing else, without asking; into a file or pipe.")
    ] = False,
    json: Json = False,
    output: Output = None,
) -> None:
    """Show what a step read_sensitive has read, to you alone. Each look is in the audit log."""
    invocation = invocation_of(context)
    address = at("plans", plan, "steps", step, "value")
    if raw:
        if member is None:
            raise Usage("--raw is of one member", do="Name it, for example: --member SecretString")
        with invocation.gateway.download(f"{address}?{urlencode({'member': member})}") as parts:
            sys.stdout.buffer.writelines(parts)
        sys.stdout.buffer.flush()
        return
    if invocation.interactive and typed(invocation, "It will be on your screen. Show it? Type yes:") != "yes":
        invocation.err.print(line("Not shown."))
        raise typer.Exit(1)
    found = invocation.gateway.get(address)
    shown = _member(found, member) if member else found["value"]
    invocation.give(found, lambda: _tell(invocation, found, shown))


def _member(found: dict[str, Any], path: str) -> Any:
    value: Any = found["value"]
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            has = ", ".join(found["value"]) if isinstance(found["value"], dict) else "none"
            raise Usage(f"the answer has no member {path}", do=f"It has {has}")
        value = value[name]
    return value


def _tell(invocation: Invocation, found: dict[str, Any], shown: Any) -> None:
    head = f"{found['service']}:{found['operation']} in {found['region']}, until {found['expires_at']}"
    invocation.err.print(line(one_line(head)))
    for path in found["base64"]:
        invocation.err.print(line(one_line(f"{path} is bytes in base64; --raw --member {path} gives them as they are")))
    if not found["complete"]:
        invocation.err.print(line("AWS has further pages, which were not read."))
    text = shown if isinstance(shown, str) else json_.dumps(shown, indent=2, ensure_ascii=True)
    sys.stdout.write(safe(text) + "\n")
