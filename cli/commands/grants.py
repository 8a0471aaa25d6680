"""`assistant grants`: approvals in advance, narrow and for a time."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from cli.errors import Usage
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of
from cli.terminal.rows import Row
from cli.terminal.tables import give_list

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_DURATION = re.compile(r"(\d{1,6})([smh]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


@app.command("list")
def list_(context: typer.Context, json: Json = False, output: Output = None) -> None:
    """List your grants with their uses."""
    invocation = invocation_of(context)
    give_list(invocation, invocation.gateway.get("/v1/grants"), _row, empty="no grants")


@app.command()
def make(
    context: typer.Context,
    operation: Annotated[str, typer.Argument(help="One operation, such as create_s3_bucket.")],
    resource: Annotated[str, typer.Argument(help="One ARN; one * in the resource's name stands for any characters.")],
    lasts: Annotated[str, typer.Option("--for", help="How long: 90s, 30m or 2h.")] = "1h",
    uses: Annotated[int, typer.Option("--uses", min=1, max=1000, help="Steps that it may approve.")] = 1,
    json: Json = False,
    output: Output = None,
) -> None:
    """Approve an operation in advance: plans whose every step it covers then run without being asked for."""
    invocation = invocation_of(context)
    body = {"operation": operation, "resource": resource, "expires_in": seconds(lasts), "max_uses": uses}
    made = invocation.gateway.post("/v1/grants", body)
    invocation.give(made, lambda: invocation.facts(_row(made).items()))


@app.command()
def revoke(context: typer.Context, grant: Annotated[str, typer.Argument(help="The grant's id, grt_….")]) -> None:
    """Take a grant back, now."""
    invocation = invocation_of(context)
    invocation.gateway.delete(at("grants", grant))
    invocation.say(f"{grant} is revoked")


def seconds(text: str) -> int:
    """A duration as typed. Raises Usage."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise Usage(f"{text!r} is no duration", do="Write 90s, 30m or 2h.")
    return int(found[1]) * _SECONDS[found[2]]


def _row(grant: Row) -> Row:
    return {
        "grant": grant["grant_id"],
        "status": grant["status"],
        "operation": grant["operation"],
        "resource": grant["resource"],
        "uses": f"{grant['uses']} of {grant['max_uses']}",
        "until": grant["expires_at"],
    }
