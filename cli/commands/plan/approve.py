"""`assistant plan approve`: approves exactly the digest that was shown, and sees the plan to its end."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.commands.plan.common import NoWait, PlanId, offer, see_through
from cli.errors import Usage
from cli.gateway.addresses import at
from cli.options import Json, Output, Quiet, invocation_of
from cli.plans import deciding


def add(app: typer.Typer) -> None:
    app.command()(approve)


def approve(
    context: typer.Context,
    plan: PlanId,
    digest: Annotated[str | None, typer.Option("--digest", help="The digest of what you have read.")] = None,
    acknowledge: Annotated[
        list[str] | None,
        typer.Option("--acknowledge", metavar="FINDING[=TYPED]", help="A finding's id; several times."),
    ] = None,
    share_with_model: Annotated[
        list[str] | None,
        typer.Option(
            "--share-with-model", metavar="STEP", help="Let the model see what this step reads; several times."
        ),
    ] = None,
    no_wait: NoWait = False,
    json: Json = False,
    output: Output = None,
    quiet: Quiet = False,
) -> None:
    """Approve a plan. Without --digest it is shown at the terminal, and a key decides it."""
    invocation = invocation_of(context)
    if digest is None:
        if not invocation.interactive:
            raise Usage("without a terminal --digest says what is approved", do=f"Read it: assistant plan show {plan}")
        offer(invocation, invocation.gateway.get(at("plans", plan)))
    given = [_acknowledged(text) for text in acknowledge or ()]
    approved = deciding.approve(invocation.gateway, plan, digest, given, share_with_model or ())
    see_through(invocation, approved, wait=not no_wait)


def _acknowledged(text: str) -> dict[str, Any]:
    finding, equals, typed = text.partition("=")
    return {"finding_id": finding} | ({"typed": typed} if equals else {})
