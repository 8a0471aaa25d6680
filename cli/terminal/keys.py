"""Keys that a person presses, and words that they type, for a decision."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import typer

from cli.terminal.invocation import Invocation
from cli.terminal.text import safe


def press(invocation: Invocation, question: str, keys: Iterable[str]) -> str:
    """Wait for one of the keys. Raises KeyboardInterrupt at Ctrl-C and EOFError at Ctrl-D.

    What was typed before the question was there is dropped: nobody approves what they have not seen.
    """
    wanted = set(keys)
    invocation.err.print(safe(question), end=" ")
    drop_typed()
    while True:
        key = typer.getchar().lower()
        if key in ("\x03",):
            raise KeyboardInterrupt
        if key in ("\x04", ""):
            raise EOFError
        if key in wanted:
            invocation.err.print(key)
            return key


def typed(invocation: Invocation, question: str) -> str:
    """A line that a person types, without the blanks around it. Raises EOFError at Ctrl-D."""
    invocation.err.print(safe(question), end=" ")
    drop_typed()
    text = sys.stdin.readline()
    if not text:
        raise EOFError
    return text.strip()


def drop_typed() -> None:
    """Drop what stands in the terminal's input."""
    if not sys.stdin.isatty():
        return
    try:
        import termios
    except ImportError:  # no POSIX terminal
        return
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
