"""`assistant conversations`: what was asked and answered; with an id, one of them; `--delete` removes it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.gateway.addresses import at
from cli.options import Json, Limit, Output, invocation_of
from cli.terminal.invocation import Invocation
from cli.terminal.rows import Row
from cli.terminal.tables import give_list
from cli.terminal.text import line, of_model


def add(app: typer.Typer) -> None:
    app.command()(conversations)


def conversations(
    context: typer.Context,
    conversation: Annotated[str | None, typer.Argument(help="One of them, cnv_….")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the one that is named.")] = False,
    limit: Limit = 20,
    json: Json = False,
    output: Output = None,
) -> None:
    """List conversations, newest first, or show one. `assistant chat -c ID` goes on with it."""
    invocation = invocation_of(context)
    gateway = invocation.gateway
    if conversation is None:
        found = gateway.pages("/v1/conversations", most=limit)
        give_list(invocation, found, _row, empty="no conversations")
        return
    path = at("conversations", conversation)
    if delete:
        gateway.delete(path)
        invocation.say(f"{conversation} is deleted")
        return
    one = gateway.get(path)
    invocation.give(one, lambda: _tell(invocation, one))


def _tell(invocation: Invocation, conversation: dict[str, Any]) -> None:
    for turn in conversation["turns"]:
        invocation.out.print(line((f"{turn['created_at']}  ", "dim"), (turn["message"], "bold")))
        invocation.out.print(of_model(turn["answer"] or f"({turn['status']})"))
        invocation.out.print()


def _row(item: Row) -> Row:
    return {"conversation": item["conversation_id"], "updated": item["updated_at"], "title": item["title"]}
