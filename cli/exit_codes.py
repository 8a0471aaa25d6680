"""The exit codes of every command, for scripts. docs/cli.md has the same table."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. 130 is Ctrl-C, as in every shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    WAITING = 3
    NO_SESSION = 4
    REFUSED = 5
    UNAVAILABLE = 6
    INTERRUPTED = 130


# How a command ends that waited for a plan, by the plan's status.
OF_PLAN = {
    "done": ExitCode.OK,
    "undone": ExitCode.OK,
    "failed": ExitCode.FAILED,
    "rejected": ExitCode.REFUSED,
    "expired": ExitCode.REFUSED,
    "cancelled": ExitCode.REFUSED,
    "proposed": ExitCode.WAITING,
    "in_doubt": ExitCode.WAITING,
}
# The same for a turn.
OF_TURN = {
    "completed": ExitCode.OK,
    "failed": ExitCode.FAILED,
    "cancelled": ExitCode.REFUSED,
    "waiting_for_approval": ExitCode.WAITING,
}
