"""`assistant audit`: the session's log: listed, exported, and checked by the gateway or without any server."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError, Usage
from cli.exit_codes import ExitCode
from cli.options import Json, Limit, Output, invocation_of
from cli.terminal.rows import Row
from cli.terminal.tables import give_list
from cli.terminal.text import line

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option("--kind", help="Only kinds that begin so, such as plan.")] = None,
    limit: Limit = 500,
    json: Json = False,
    output: Output = None,
) -> None:
    """List the session's entries, oldest first."""
    invocation = invocation_of(context)
    found = invocation.gateway.pages("/v1/audit", {"limit": min(limit, 500)}, most=limit)
    timed = zip(found["items"], found.pop("times", []), strict=False)
    entries = [entry | {"at": at} for entry, at in timed if str(entry.get("kind", "")).startswith(kind or "")]
    give_list(invocation, found | {"items": entries}, _row, empty="no entries")


@app.command()
def export(
    context: typer.Context,
    to: Annotated[Path | None, typer.Option("--to", help="A file; standard output without it.")] = None,
) -> None:
    """Write the whole log as JSON lines, for `assistant audit verify --export FILE`."""
    gateway = invocation_of(context).gateway
    try:
        with (
            gateway.download("/v1/audit?format=jsonl") as chunks,
            to.open("wb") if to else nullcontext(sys.stdout.buffer) as file,
        ):
            file.writelines(chunks)
            file.flush()
    except OSError as error:
        raise CliError(f"{to or 'standard output'} cannot be written: {error.strerror}") from None


@app.command()
def verify(
    context: typer.Context,
    export: Annotated[Path | None, typer.Option("--export", help="Check this file without any server.")] = None,
    anchors: Annotated[
        list[Path] | None,
        typer.Option("--anchors", "--anchor", help="AUDIT_ANCHOR_FILE of gateway and executor: finds a log cut off."),
    ] = None,
    more_anchors: Annotated[list[Path] | None, typer.Argument(hidden=True)] = None,
    key_file: Annotated[Path | None, typer.Option(help="The gateway's audit_key: checks its signatures.")] = None,
    public_keys: Annotated[
        Path | None, typer.Option(help="The folder of audit_public_key_…; that of --key-file by default.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="The session whose log it should be.")] = None,
    json: Json = False,
    output: Output = None,
) -> None:
    """Check the log: by the gateway, or an exported one without any server. Ends with 1 where it is not whole."""
    files = [*(anchors or ()), *(more_anchors or ())]
    if export is not None:
        from cli.audit_export import verify as verify_export

        code = verify_export(export, files, key_file=key_file, public_keys=public_keys, session_id=session)
        raise typer.Exit(code)
    if files or key_file or public_keys or session:
        raise Usage("anchors, keys and a session are for an exported log", do="Name it: --export FILE.")
    invocation = invocation_of(context)
    found = invocation.gateway.get("/v1/audit/verify")

    def tell() -> None:
        for fault in found["faults"]:
            invocation.out.print(line((f"{fault['code']}: ", "bold red"), fault["detail"]))
        verdict = "nothing is wrong with them" if found["valid"] else "the log is NOT whole"
        invocation.show(f"{found['entries']} entries, {verdict}")
        for sentence in found["not_shown"]:
            invocation.say(f"not shown: {sentence}")

    invocation.give(found, tell)
    raise typer.Exit(int(ExitCode.OK if found["valid"] else ExitCode.FAILED))


def _row(entry: Row) -> Row:
    data = entry.get("data") or {}
    about = {name: value for name, value in data.items() if isinstance(value, str | int | bool)}
    return {
        "entry": entry.get("seq"),
        "at": entry.get("at"),
        "kind": entry.get("kind"),
        "by": (entry.get("actor") or {}).get("service"),
        "about": ", ".join(f"{name}={value}" for name, value in about.items()),
    }
