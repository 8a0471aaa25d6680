"""Settings of the policy advisor: which Claude, where, and how long to wait for it."""

from __future__ import annotations

from pydantic import Field

from shared.settings import Settings
from shared.worker.worker import WorkerSettings


class AdvisorSettings(Settings):
    """Every field is an environment variable of the same name in upper case."""

    bedrock_model_id: str = Field(
        # A global inference profile: every commercial region can call it, and newer Claude models take no bare id.
        # "us." or "eu." in place of "global." keeps the data in that geography.
        default="global.anthropic.claude-sonnet-4-6",
        description="Model id, inference profile id or ARN, as Bedrock's Converse takes it.",
    )
    bedrock_region: str | None = Field(default=None, description="Region of Bedrock; the session's region if unset.")
    bedrock_max_tokens: int = Field(default=4096, ge=256)
    bedrock_temperature: float | None = Field(default=0.0, ge=0.0, le=1.0, description="Not sent if unset.")
    bedrock_timeout: float = Field(default=60.0, gt=0, description="Seconds one answer of Claude may take.")


class AdvisorWorkerSettings(WorkerSettings, AdvisorSettings):
    """A worker's settings and the advisor's."""
