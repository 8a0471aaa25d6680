"""What keeps a command from doing what it was asked: one sentence, a stable code, and what to do.

CliError
├── Usage          the command line or a file that it names is wrong
├── NoSession      nobody is logged in, or the session has ended
├── Refused        the gateway answered with a problem
└── Unreachable    no answer of the gateway came
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.exit_codes import ExitCode


class CliError(Exception):
    """Ends the command. `do` says what can be done about it, `problem` is the gateway's answer where it has one."""

    exit_code = ExitCode.FAILED
    code = "failed"

    def __init__(
        self, message: str, *, do: str | None = None, code: str | None = None, problem: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.do = message, do
        self.code = code or self.code
        self.problem = problem or {}

    def as_json(self) -> dict[str, Any]:
        """The shape of an error under `--json`: the gateway's problem, or `code` and `detail` alike."""
        told = {"code": self.code, "detail": self.message, "exit_code": int(self.exit_code)}
        return dict(self.problem) | told | ({"do": self.do} if self.do else {})


class Usage(CliError):
    exit_code, code = ExitCode.USAGE, "usage"


class NoSession(CliError):
    exit_code, code = ExitCode.NO_SESSION, "not_logged_in"


class Unreachable(CliError):
    exit_code, code = ExitCode.UNAVAILABLE, "gateway_unreachable"


class Refused(CliError):
    """The gateway's problem (RFC 9457); its status decides how the command ends."""

    def __init__(self, status: int, problem: Mapping[str, Any], do: str | None = None) -> None:
        code = str(problem.get("code") or f"http_{status}")
        super().__init__(str(problem.get("detail") or f"HTTP {status}"), do=do, code=code, problem=problem)
        self.status = status
        self.exit_code = _exit_code(status)


def _exit_code(status: int) -> ExitCode:
    if status == 401:
        return ExitCode.NO_SESSION
    if status == 429 or status in (502, 503, 504):
        return ExitCode.UNAVAILABLE
    return ExitCode.REFUSED if status < 500 else ExitCode.FAILED
