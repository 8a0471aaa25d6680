"""The settings of what signs decisions; they have the approval key."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shared.settings import Seconds, Settings


class ApprovalSettings(Settings):
    """Separate from the gateway's other settings, which the reasoning loop can read."""

    approval_key: SecretStr = Field(
        description="Signs what people decide: approvals, cancellations, answers about steps in doubt, standing grants."
    )
    approval_ttl: Seconds = Field(
        default=900, gt=0, description="How long after an approval the executor must begin the plan."
    )

    def key(self) -> bytes:
        return self.approval_key.get_secret_value().encode()
