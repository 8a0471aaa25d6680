"""A key that decides is pressed by itself, after the question was there; nothing else is that key."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

import pytest
from rich.console import Console

from cli.terminal import keys
from cli.terminal.invocation import Invocation


class Terminal:
    """A terminal whose person types `later` once they have been asked; a moment after that, somebody else decides."""

    def __init__(self) -> None:
        self.master, slave = os.openpty()
        self.input = os.fdopen(slave, "r")
        self.later = b""
        self._looked = 0

    def look(self) -> bool:
        self._looked += 1
        if self._looked == 1:
            os.write(self.master, self.later)
        return self._looked > 1


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdin", terminal.input)
    monkeypatch.setattr(keys, "LOOK_SECONDS", 0.05)
    yield terminal
    terminal.input.close()
    os.close(terminal.master)


def asked(terminal: Terminal, later: bytes) -> str | None:
    invocation = Invocation()
    invocation.__dict__["err"] = Console(file=io.StringIO())
    terminal.later = later
    return keys.press(invocation, "?", "ar", terminal.look)


def test_one_key_is_taken(terminal: Terminal) -> None:
    assert asked(terminal, b"a") == "a"


@pytest.mark.parametrize(
    "given",
    [b"\r", b"\n", b"y", b"A", b" ", b"\x1b[A", b"\x1b[a", b"\x1bOa", b"\x1b", b"aaaa", b"yes, approve\r", b"\xc3\xa4"],
)
def test_enter_other_keys_capitals_arrows_and_a_paste_decide_nothing(terminal: Terminal, given: bytes) -> None:
    assert asked(terminal, given) is None


def test_what_was_typed_before_the_question_decides_nothing(terminal: Terminal) -> None:
    os.write(terminal.master, b"a\n")
    assert asked(terminal, b"r") == "r"


def test_the_inputs_end_is_told(terminal: Terminal) -> None:
    with pytest.raises(EOFError):
        asked(terminal, b"\x04")
