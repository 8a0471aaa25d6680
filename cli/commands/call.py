"""`assistant call`: one reading tool, without a model."""

from __future__ import annotations

import json as json_
import sys
from typing import Annotated, Any

import typer

from cli.chat.printer import gap_words
from cli.commands.tools import find_tool
from cli.completion import tool_names
from cli.errors import Refused, Usage
from cli.exit_codes import ExitCode
from cli.gateway.addresses import at
from cli.options import Json, Output, Quiet, invocation_of
from cli.plans.edits import arguments_of
from cli.terminal.invocation import Invocation
from cli.terminal.tables import give_result
from cli.terminal.text import line

MAX_BYTES = 1024 * 1024


def add(app: typer.Typer) -> None:
    app.command()(call)


def call(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TOOL", help="The tool's name.", autocompletion=tool_names)],
    arguments: Annotated[str | None, typer.Argument(metavar="JSON", help="All arguments; - for a pipe.")] = None,
    arg: Annotated[
        list[str] | None, typer.Option("--arg", "-a", metavar="NAME=VALUE", help="One argument; several times.")
    ] = None,
    json: Json = False,
    output: Output = None,
    quiet: Quiet = False,
) -> None:
    """Call a tool that reads: `assistant call count_s3_objects --arg bucket_name=acme-logs --output csv`.

    What is not covered goes to standard error as a gap, and the command ends with 1 then.
    """
    invocation = invocation_of(context)
    tool = find_tool(invocation.gateway.get("/v1/tools")["items"], name)
    given = _object(sys.stdin.read(MAX_BYTES) if arguments == "-" else arguments) if arguments else {}
    given |= arguments_of(arg or (), tool["function"]["parameters"])
    with invocation.working(f"{name} …"):
        # It changes nothing, so that sending it again after a lost connection is safe without a key.
        step = _called(invocation, name, given)
    if invocation.format == "json":
        invocation.json(step)
    else:
        give_result(invocation, step["result"])
    for gap in step.get("gaps") or []:
        invocation.err.print(line(("not complete: ", "yellow"), gap_words(gap)))
    if step.get("result_ref"):
        invocation.say(f"too large to show here; all of it: assistant results get {step['result_ref']}")
    covered = step.get("complete", True) or (step.get("cut") and not step.get("gaps"))
    raise typer.Exit(int(ExitCode.OK if covered else ExitCode.FAILED))


def _called(invocation: Invocation, name: str, given: dict[str, Any]) -> dict[str, Any]:
    try:
        return invocation.gateway.post(at("tools", name), given, once=False)
    except Refused as error:
        if error.code == "invalid_arguments":
            error.do = f"`assistant tools {name}` shows what it takes."
        raise


_WRITE = """Write them like '{"bucket_name": "photos"}', or each with --arg bucket_name=photos."""


def _object(text: str) -> dict[str, Any]:
    try:
        found = json_.loads(text)
    except (ValueError, RecursionError) as error:
        raise Usage(f"the arguments are no JSON: {error}", do=_WRITE) from None
    if not isinstance(found, dict):
        raise Usage("the arguments are no JSON object", do=_WRITE)
    return found
