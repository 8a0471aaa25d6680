"""The input of `assistant chat`: Enter sends, Alt-Enter begins a new line, arrow keys bring back what was written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

MAX_HISTORY_BYTES = 256 * 1024


def new_prompt(history: History, words: list[str]) -> Callable[[str], str]:
    """Asks for a line; raises KeyboardInterrupt at Ctrl-C and EOFError at Ctrl-D."""
    keys = KeyBindings()

    @keys.add("enter")
    def _send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    # Alt-Enter, which terminals send as Escape and Enter; and Ctrl-J, which none swallows.
    @keys.add("escape", "enter")
    @keys.add("c-j")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    session: PromptSession[Any] = PromptSession(
        history=history,
        key_bindings=keys,
        multiline=True,
        completer=WordCompleter(words, sentence=True),
        complete_while_typing=False,
        prompt_continuation="… ",
    )
    return lambda prompt: str(session.prompt(prompt))


def history_of(directory: Path, *, keep: bool) -> History:
    """What was asked before, in a file that its owner alone can read; of one run only where it is not to be kept."""
    if not keep:
        return InMemoryHistory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = directory / "history"
    os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    file.chmod(0o600)
    if file.stat().st_size > MAX_HISTORY_BYTES:
        kept = file.read_bytes()[-MAX_HISTORY_BYTES // 2 :]
        # An entry begins with an empty line and the time it was written.
        file.write_bytes(kept[max(kept.find(b"\n\n#"), 0) :])
    return FileHistory(str(file))
