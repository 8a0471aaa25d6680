"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "problem", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was seen, and what to do where something is wrong."""

    check: str
    status: Status
    said: str
    do: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """Makes the findings of one check."""

    check: str

    def ok(self, said: str) -> Finding:
        return Finding(self.check, "ok", said)

    def warning(self, said: str, do: str) -> Finding:
        return Finding(self.check, "warning", said, do)

    def failure(self, said: str, do: str) -> Finding:
        return Finding(self.check, "problem", said, do)

    def skipped(self, said: str, do: str | None = None) -> Finding:
        return Finding(self.check, "skipped", said, do)
