"""A program in a terminal of its own."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pexpect

ROOT = Path(__file__).parents[2]


def in_a_terminal(
    command: Sequence[str], environment: Mapping[str, str], *, size: tuple[int, int], seconds: float
) -> Any:
    """Start `command`; the terminal has `size` (lines, columns), and what is expected of it comes within `seconds`."""
    program, *arguments = command
    return pexpect.spawn(
        program,
        arguments,
        cwd=str(ROOT),
        env=environment,
        encoding="utf-8",
        dimensions=size,
        timeout=seconds,
        preexec_fn=_hears_ctrl_c,
    )


def _hears_ctrl_c() -> None:
    """As in the foreground: a suite that runs in the background ignores the signal, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
