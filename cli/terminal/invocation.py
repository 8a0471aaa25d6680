"""One run of the command: its options, its two consoles, and the gateway that it talks to."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TextIO

from rich.console import Console

from cli import DEFAULT_GATEWAY
from cli.errors import CliError, NoSession
from cli.gateway import addresses
from cli.gateway.client import Gateway
from cli.login.tokens import Tokens
from cli.terminal.text import line, styled

Format = Literal["table", "json", "csv"]
# Where no terminal says how wide it is, nothing is cut.
WIDE = 1_000


@dataclass
class Invocation:
    """Answers go to `out`; progress, questions and errors go to `err`, so that a pipe gets the answer alone."""

    address: str | None = None
    ca_file: str | None = None
    plain_http: bool = False
    format: Format = "table"
    quiet: bool = False
    no_color: bool = False
    hurried: bool = False
    tokens: Tokens = field(default_factory=Tokens.of_user)

    @cached_property
    def out(self) -> Console:
        return self._console(sys.stdout)

    @cached_property
    def err(self) -> Console:
        return self._console(sys.stderr)

    @property
    def interactive(self) -> bool:
        """Whether a person is there to be asked: a terminal to read from and one to write to."""
        return self.format != "json" and sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def screen(self) -> Console:
        """What a person surely sees: the answer's console, or that of questions where the answer goes into a pipe."""
        return self.out if self.out.is_terminal else self.err

    def gateway_address(self) -> str:
        """The gateway's address: the one named, else the one that was logged in to last. Raises Usage."""
        named = self.address or os.environ.get("ASSISTANT_GATEWAY") or self.tokens.current() or DEFAULT_GATEWAY
        return addresses.checked(named, plain_http=True)

    @cached_property
    def gateway(self) -> Gateway:
        """The gateway with the session's token. Raises NoSession where nobody is logged in there."""
        address = self.gateway_address()
        token = os.environ.get("ASSISTANT_TOKEN")
        plain = self.plain_http
        if not token:
            found = self.tokens.find(address)
            if found is None:
                raise NoSession(f"you are not logged in to {address}", do="Log in: assistant login (or --sandbox)")
            plain = plain or found[0].plain_http
            token = found[1]
        return self.connect(address, token, plain_http=plain)

    def connect(self, address: str, token: str | None, *, plain_http: bool | None = None) -> Gateway:
        """A gateway at an address. Raises Usage where keys and tokens may not travel there."""
        allowed = self.plain_http if plain_http is None else plain_http
        checked = addresses.checked(address, plain_http=allowed)
        return Gateway(checked, token, say=self.say, ca_file=self.ca_file, hurried=self.hurried)

    def say(self, text: str) -> None:
        """Tell a person something that is not the answer."""
        if not self.quiet:
            self.err.print(styled(text, "dim"))

    def tell_error(self, error: CliError) -> None:
        """Tell a person what went wrong: a sentence, its code, and what to do."""
        self.err.print(line(("error: ", "bold red"), f"{error.message} [{error.code}]"))
        if error.do:
            self.err.print(line(f"  → {error.do}"))

    @contextmanager
    def working(self, words: str) -> Iterator[None]:
        """Show at a terminal that something is being done, for as long as the block runs."""
        if self.quiet or not self.err.is_terminal:
            yield
            return
        with self.err.status(styled(words)):
            yield

    def show(self, text: object, style: str = "") -> None:
        """Print text of whoever wrote it to the answer."""
        self.out.print(styled(text, style))

    def json(self, value: Any) -> None:
        """Print a value as JSON, in ASCII: nothing in it can move a terminal's cursor."""
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=True) + "\n")
        sys.stdout.flush()

    def json_line(self, value: Any) -> None:
        """Print a value as one line of JSON, at once."""
        sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")
        sys.stdout.flush()

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Print names and values, a line each; what has no value is left out."""
        shown = [(name, value) for name, value in pairs if value not in (None, "", [])]
        width = max((len(name) for name, _ in shown), default=0) + 2
        for name, value in shown:
            self.out.print(line((name.ljust(width), "bold")).append(styled(value)))

    def give(self, value: Mapping[str, Any], tell: Callable[[], None]) -> None:
        """Answer with a value as it came, or tell it to a person."""
        if self.format == "json":
            self.json(value)
        else:
            tell()

    def _console(self, stream: TextIO) -> Console:
        plain = self.no_color or bool(os.environ.get("NO_COLOR")) or not stream.isatty()
        return Console(
            file=stream,
            color_system=None if plain else "auto",
            force_terminal=False if plain and not stream.isatty() else None,
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=True,
            width=None if stream.isatty() else WIDE,
        )
