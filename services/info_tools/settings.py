"""The informational worker's settings."""

from __future__ import annotations

from pydantic import Field

from shared.sessions.fences import WHAT_THEY_SAY, OperatorFences
from shared.worker.settings import WorkerSettings


class InfoSettings(WorkerSettings):
    """A worker's settings, its number of processes, and the operator's fences."""

    info_processes: int | None = Field(
        default=None,
        ge=1,
        le=16,
        description="Processes of one `info` worker, which read a large question together; as many as it has "
        "processors, two at most, where this is not set. Each has 100 to 150 MB, and up to 512 MiB more for a query. "
        "Only on Linux.",
    )
    fences: OperatorFences = Field(default=None, description=WHAT_THEY_SAY)
