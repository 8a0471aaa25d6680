"""`assistant doctor`: finds the usual misconfigurations, without a running gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import DEFAULT_GATEWAY
from cli.options import invocation_of


def add(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    env_file: Annotated[Path | None, typer.Option(help="The file of settings; .env by default, if it exists.")] = None,
    directory: Annotated[Path, typer.Option(help="Where `make up` keeps its state.")] = Path(".local"),
    keys: Annotated[Path | None, typer.Option(help="The folder of the keys; DIRECTORY/keys by default.")] = None,
    gateway: Annotated[
        str | None,
        typer.Option(help=f"The gateway's address; the local stack's, GATEWAY_URL's, or {DEFAULT_GATEWAY} by default."),
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(help="A file with the body of POST /v1/sessions, - for a pipe: checks key, role, Bedrock."),
    ] = None,
    sandbox_state: Annotated[
        Path | None, typer.Option(help="What the sandbox's AWS wrote: its user's session, where AWS is the sandbox's.")
    ] = None,
) -> None:
    """Find what is misconfigured, and what to do. Ends with 1 where something is wrong."""
    from cli.doctor.command import Options, run

    invocation = invocation_of(context)
    options = Options(
        json=json or invocation.format == "json",
        env_file=env_file,
        directory=directory,
        keys=keys,
        gateway=gateway or invocation.address,
        session=session,
        sandbox_state=sandbox_state,
    )
    raise typer.Exit(run(options))
