"""The `assistant` command: which commands there are, and the options before them."""

from __future__ import annotations

import importlib.metadata
from typing import Annotated

import typer

from cli.commands import (
    ask,
    audit,
    call,
    chat,
    conversations,
    doctor,
    grants,
    local,
    login,
    logout,
    mcp,
    open,
    plan,
    plans,
    results,
    status,
    tools,
)
from cli.options import Address, CaFile, Json, NoColor, Output, PlainHttp, Quiet

HELP = """Ask an AWS account questions and change it safely, in plain language.

Begin with `assistant login` (or `assistant login --sandbox` beside a running `make up`), then `assistant chat`.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a person has to decide, 4 not logged in, 5 refused, 6 the gateway does
not answer or is busy, 130 Ctrl-C.
"""

app = typer.Typer(
    name="assistant",
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    # A traceback with local variables would show tokens.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(asked: bool) -> None:
    if asked:
        try:
            found = importlib.metadata.version("aws-assistant")
        except importlib.metadata.PackageNotFoundError:
            found = "of this checkout"
        typer.echo(f"assistant {found}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    address: Address = None,
    ca_file: CaFile = None,
    plain_http: PlainHttp = False,
    output: Output = None,
    json: Json = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """What holds for every command."""


for module in (login, logout, status, open, ask, chat, tools, call, plans, results, conversations, local, doctor, mcp):
    module.add(app)
app.add_typer(plan.app, name="plan", help="One plan: show, decide, watch, undo it.")
app.add_typer(grants.app, name="grants", help="Standing grants: approvals in advance.")
app.add_typer(audit.app, name="audit", help="The audit log.")
