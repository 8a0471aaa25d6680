"""`assistant plan export`: the plan's whole record, its page, or a CloudFormation template of it, into a file."""

from __future__ import annotations

import json as json_
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.commands.plan.common import PlanId
from cli.errors import CliError
from cli.gateway.addresses import at
from cli.options import invocation_of


def add(app: typer.Typer) -> None:
    app.command()(export)


def export(
    context: typer.Context,
    plan: PlanId,
    kind: Annotated[
        Literal["json", "text", "cloudformation"],
        typer.Option("--as", help="The whole record, the page, or a template of what it makes."),
    ] = "json",
    region: Annotated[
        str | None, typer.Option("--region", help="Of a template, where the plan acts in several regions.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="A file; standard output without it.")] = None,
) -> None:
    """Write a plan with its steps, findings, review, results and who approved it."""
    gateway = invocation_of(context).gateway
    if kind == "cloudformation":
        found = gateway.get(at("plans", plan, "export"), {"as": kind, "region": region})
    else:
        found = gateway.get(at("plans", plan))
    text = str(found["summary"]) if kind == "text" else json_.dumps(found, indent=2, ensure_ascii=True) + "\n"
    if to is None:
        sys.stdout.write(text)
        return
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CliError(f"{to} cannot be written: {error.strerror}") from None
