"""`assistant results get`: the whole of a result that was too large for an answer, or a part of it."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.gateway.addresses import at
from cli.options import Json, Output, invocation_of
from cli.terminal.tables import give_result

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def add(parent: typer.Typer) -> None:
    parent.add_typer(app, name="results", help="Large results.")


@app.callback()
def results() -> None:
    """Large results, by the `result_ref` of a step."""


@app.command()
def get(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF", help="res_…")],
    path: Annotated[str | None, typer.Option("--path", help="JMESPath: which part of it.")] = None,
    save: Annotated[Path | None, typer.Option("--save", help="Write it as JSON into this file.")] = None,
    json: Json = False,
    output: Output = None,
) -> None:
    """Show a result: `assistant results get res_… --path "instances[?state=='running'].instance_id"`."""
    invocation = invocation_of(context)
    answer = invocation.gateway.get(at("results", ref), {"path": path})
    if save is not None:
        try:
            save.write_text(json_.dumps(answer["result"], indent=2, ensure_ascii=True) + "\n", encoding="utf-8")
        except OSError as error:
            raise CliError(f"{save} cannot be written: {error.strerror}") from None
        invocation.say(f"written to {save}")
    elif invocation.format == "json":
        invocation.json(answer)
    else:
        give_result(invocation, answer["result"])
