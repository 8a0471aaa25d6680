"""Settings of the policy advisor: which Claude, where, and how long to wait for it."""

from __future__ import annotations

from pydantic import Field

from shared.settings import Seconds, Settings
from shared.worker.settings import WorkerSettings


class AdvisorSettings(Settings):
    """Every field is an environment variable of the same name in upper case."""

    bedrock_model_id: str = Field(
        # A global inference profile: every commercial region can call it, and newer Claude models take no bare id.
        default="global.anthropic.claude-sonnet-4-6",
        description="Model id, inference profile id or ARN, as Bedrock's Converse takes it. `us.` or `eu.` in place of "
        "`global.` keeps data in that geography.",
    )
    bedrock_region: str | None = Field(default=None, description="Region of Bedrock; the session's if unset.")
    bedrock_max_tokens: int = Field(default=4096, ge=256, description="The most tokens of an answer.")
    bedrock_temperature: float | None = Field(
        default=0.0, ge=0.0, le=1.0, description="How freely Claude words an answer."
    )
    bedrock_timeout: Seconds = Field(default=60.0, gt=0, description="One answer of Claude may take this; two tries.")


class AdvisorWorkerSettings(WorkerSettings, AdvisorSettings):
    """A worker's settings and the advisor's."""
