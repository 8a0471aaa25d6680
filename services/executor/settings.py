"""The executor's settings. Times are seconds, sizes bytes."""

from __future__ import annotations

from pydantic import SecretStr

from shared.messages import Agent
from shared.worker import WorkerSettings


class ExecutorSettings(WorkerSettings):
    """A worker's settings, the key of people's approvals, and the bounds of a plan."""

    approval_key: SecretStr
    audit_key: SecretStr
    # To seal the credentials that it renews for the other agents.
    public_key_info: str | None = None
    public_key_advisor: str | None = None
    concurrency: int = 4
    plan_ttl_seconds: float = 3600
    review_timeout_seconds: float = 20
    role_wait_seconds: float = 60
    max_steps: int = 20
    max_file_bytes: int = 10 * 1024 * 1024

    def public_key_of(self, agent: Agent) -> str | None:
        """The public key of another agent."""
        return {"info": self.public_key_info, "advisor": self.public_key_advisor}.get(agent)
