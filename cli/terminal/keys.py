"""Asks a person at the terminal: for one key of the keyboard (`press`), or for a line that they type (`typed`)."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterable

import typer

from cli.terminal.invocation import Invocation
from cli.terminal.text import safe

try:
    import termios
    import tty
except ImportError:  # no POSIX terminal: keys come one at a time, and nobody looks meanwhile
    termios = None  # type: ignore[assignment]  # a module elsewhere

LOOK_SECONDS = 1.5
# The parts of what one key sends (arrow up: Escape, [, A) come within this time, also over a network.
SEQUENCE_SECONDS = 0.15
ESCAPE = "\x1b"
MAX_AT_ONCE = 1024
Look = Callable[[], bool]


def press(invocation: Invocation, question: str, keys: Iterable[str], look: Look | None = None) -> str | None:
    """Wait for one of the keys. Raises KeyboardInterrupt at Ctrl-C and EOFError at Ctrl-D.

    What was typed before the question was there is dropped: nobody approves what they have not seen. Capitals are other
    keys, and what comes as several characters at once (an arrow, a paste) is none. `look` is called now and then
    meanwhile; where it says that something is new, the question is over and the answer is None.
    """
    wanted = set(keys)
    invocation.err.print(safe(question), end=" ")
    drop_typed()
    while True:
        key = _next_key(look)
        if key is None:
            invocation.err.print()
            return None
        if key == "\x03":
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
    if termios is not None and sys.stdin.isatty():
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _next_key(look: Look | None) -> str | None:
    """The next key, "" at the input's end; None where `look` says that something is new."""
    if termios is None:
        return typer.getchar()
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        # Keys come without Enter and are not shown; Ctrl-C still interrupts.
        tty.setcbreak(terminal, termios.TCSADRAIN)
        while True:
            if _has_input(terminal, LOOK_SECONDS):
                key = os.read(terminal, MAX_AT_ONCE).decode("utf-8", "replace")
                if len(key) <= 1 and key != ESCAPE:
                    return key
                while _has_input(terminal, SEQUENCE_SECONDS):
                    os.read(terminal, MAX_AT_ONCE)
            elif look is not None and look():
                return None
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _has_input(terminal: int, seconds: float) -> bool:
    return bool(select.select([terminal], [], [], seconds)[0])
