"""`assistant chat`: a conversation at the terminal. A plan that comes up in it is shown, and one key decides it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli.chat.turn import Exchange
from cli.commands.ask import ReadOnly
from cli.errors import CliError, NoSession, Usage
from cli.gateway.client import Gateway
from cli.options import Quiet, invocation_of
from cli.terminal.invocation import Invocation
from cli.terminal.text import line

COMMANDS = {
    "/help": "this list",
    "/new": "begin a new conversation",
    "/status": "who is asking, where",
    "/plans": "plans that wait for a decision",
    "/quit": "end (also Ctrl-D)",
}


def add(app: typer.Typer) -> None:
    app.command()(chat)


def chat(
    context: typer.Context,
    message: Annotated[str | None, typer.Argument(help="Ask this first.")] = None,
    conversation: Annotated[str | None, typer.Option("--conversation", "-c", help="Go on with this one.")] = None,
    read_only: ReadOnly = False,
    no_history: Annotated[bool, typer.Option("--no-history", help="Keep nothing of what you write.")] = False,
    quiet: Quiet = False,
) -> None:
    """Talk with the assistant. Enter sends, Alt-Enter begins a new line, Ctrl-C stops a turn, Ctrl-D ends.

    A plan that comes up is shown whole and decided by a key: a approves exactly what was shown, r refuses it.
    """
    invocation = invocation_of(context)
    if not sys.stdin.isatty():
        raise Usage("a chat needs a terminal", do='Use `assistant ask "…"` in scripts and pipes.')
    Chat(invocation, conversation, read_only=read_only, keep=not no_history).run(message)


class Chat:
    """One conversation at a terminal."""

    def __init__(self, invocation: Invocation, conversation_id: str | None, *, read_only: bool, keep: bool) -> None:
        from cli.chat.prompt import history_of, new_prompt

        self._invocation, self._read_only = invocation, read_only
        self._conversation_id = conversation_id
        self._gateway: Gateway = invocation.gateway
        self._ask = new_prompt(history_of(invocation.tokens.directory, keep=keep), list(COMMANDS))

    def run(self, first: str | None) -> None:
        """Take what a person writes, until they end it. Raises NoSession where the session has ended."""
        self._welcome()
        text = first or ""
        while text != "/quit":
            if text:
                self._take(text)
            try:
                text = self._ask("read-only › " if self._read_only else "› ").strip()
            except KeyboardInterrupt:
                text = ""
            except EOFError:
                return

    def _take(self, text: str) -> None:
        """One line: a command of the chat, or a message. What goes wrong with it does not end the chat."""
        try:
            if text.startswith("/") and text.split()[0] in COMMANDS:
                self._command(text.split()[0])
                return
            exchange = Exchange(self._invocation, self._gateway, conversation_id=self._conversation_id)
            try:
                exchange.run(text, read_only=self._read_only)
            finally:
                self._conversation_id = exchange.conversation_id
        except NoSession:
            raise
        except CliError as error:
            self._invocation.tell_error(error)
        except KeyboardInterrupt:
            self._invocation.err.print()

    def _command(self, command: str) -> None:
        if command == "/new":
            self._conversation_id = None
            self._invocation.say("a new conversation")
        elif command == "/plans":
            waiting = self._gateway.pages("/v1/plans", {"status": ["proposed", "in_doubt"]}, most=20)["items"]
            for plan in waiting:
                self._invocation.show(f"{plan['plan_id']}  {plan['status']}  {plan['goal']}")
            self._invocation.say("`assistant plan show ID` decides one" if waiting else "no plan waits for you")
        elif command == "/status":
            self._welcome()
        else:
            for name, words in COMMANDS.items():
                self._invocation.show(f"{name:10} {words}")

    def _welcome(self) -> None:
        session = self._gateway.get("/v1/sessions/current")
        world = "sandbox" if session.get("sandbox") else "REAL AWS"
        self._invocation.err.print(
            line(
                (world, "bold" if session.get("sandbox") else "bold red"),
                f" account {session['account']} as {session['caller_arn']} in {session['region']}, "
                f"until {session['expires_at']}",
            )
        )
        self._invocation.say("Enter sends, Alt-Enter begins a new line, Ctrl-C stops a turn, Ctrl-D ends. /help")
