"""`assistant mcp`: what an MCP client starts; it talks to the gateway with the login, or with a session of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.errors import CliError, Usage
from cli.gateway.client import Gateway
from cli.login import credentials
from cli.mcp.bridge import Bridge
from cli.options import Address, CaFile, PlainHttp, invocation_of
from cli.terminal.invocation import Invocation


def add(app: typer.Typer) -> None:
    app.command()(mcp)


def mcp(
    context: typer.Context,
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="Open a session with this profile of the AWS configuration.")
    ] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="The sandbox that `make up` runs here.")] = False,
    directory: Annotated[Path, typer.Option("--directory", help="Where `make up` keeps its state.")] = Path(".local"),
    role_arn: Annotated[
        str | None, typer.Option("--role-arn", envvar="ASSISTANT_ROLE_ARN", help="The role that the assistant assumes.")
    ] = None,
    external_id: Annotated[
        str | None, typer.Option("--external-id", envvar="ASSISTANT_EXTERNAL_ID", help="Of the role's trust policy.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="Where changes happen and reads start.")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Nothing can be proposed.")] = False,
    address: Address = None,
    ca_file: CaFile = None,
    plain_http: PlainHttp = False,
) -> None:
    """Speak MCP over standard input and output, for Claude Desktop, Claude Code, Cursor, Kiro, VS Code and others.

    With --profile or --sandbox a session is opened, and ended with the client; otherwise the login's is used.
    """
    invocation = invocation_of(context)
    if profile and sandbox:
        raise Usage("--profile and --sandbox exclude each other")
    given = {"role_arn": role_arn, "external_id": external_id, "region": region}
    if not profile and not sandbox:
        if read_only or region:
            raise Usage("--region and --read-only need --profile or --sandbox")
        _run(invocation.gateway)
        return
    target = invocation.gateway_address()
    if sandbox:
        found, body = credentials.of_sandbox(directory)
        target = invocation.address or found
    else:
        keys = credentials.from_botocore(profile, interactive=False)
        body = keys.as_body() | {"region": keys.region}
    body |= {name: value for name, value in given.items() if value}
    body = {name: value for name, value in body.items() if value}
    if read_only:
        body["fences"] = {"read_only": True}
    if "region" not in body:
        raise Usage("no region is named", do="Add --region, or a region to the profile.")
    with _session(invocation, target, body) as gateway:
        _run(gateway)


@contextmanager
def _session(invocation: Invocation, target: str, body: Mapping[str, Any]) -> Iterator[Gateway]:
    """A session of its own, which ends with the block."""
    token = invocation.connect(target, None).post("/v1/sessions", body, once=False, again=False)["token"]
    gateway = invocation.connect(target, token)
    try:
        yield gateway
    finally:
        with suppress(CliError):
            gateway.delete("/v1/sessions/current")


def _run(gateway: Gateway) -> None:
    Bridge(gateway.exchange, sys.stdout.buffer).run(sys.stdin.buffer)
