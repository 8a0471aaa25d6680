"""`assistant ask`: one question, one answer; standard input goes along as pasted text."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.chat.pasted import message_of
from cli.chat.turn import Exchange
from cli.options import Json, Output, Quiet, invocation_of

ReadOnly = Annotated[
    bool, typer.Option("--read-only", help="The gateway proposes no plan and changes nothing, whatever is asked.")
]


def add(app: typer.Typer) -> None:
    app.command()(ask)


def ask(
    context: typer.Context,
    message: Annotated[
        list[str] | None, typer.Argument(help="The question or request; quotes may be left out.")
    ] = None,
    conversation: Annotated[str | None, typer.Option("--conversation", "-c", help="Go on with this one.")] = None,
    read_only: ReadOnly = False,
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Leave what is piped in alone.")] = False,
    json: Json = False,
    output: Output = None,
    quiet: Quiet = False,
) -> None:
    """Ask one question, or ask for a change. `assistant ask "Explain this policy" < policy.json`

    A change is answered with its plan. At a terminal it is decided by a key; elsewhere the command ends with 3, and
    `assistant plan approve` decides it.
    """
    invocation = invocation_of(context)
    text = message_of(" ".join(message or ()), read_stdin=not no_stdin)
    exchange = Exchange(invocation, invocation.gateway, conversation_id=conversation)
    raise typer.Exit(int(exchange.run(text, read_only=read_only)))
