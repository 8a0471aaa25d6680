"""The informational worker's settings."""

from __future__ import annotations

from pydantic import Field

from shared.sessions.fences import WHAT_THEY_SAY, OperatorFences
from shared.worker.settings import WorkerSettings


class InfoSettings(WorkerSettings):
    """A worker's settings, and the operator's fences."""

    fences: OperatorFences = Field(default=None, description=WHAT_THEY_SAY)
