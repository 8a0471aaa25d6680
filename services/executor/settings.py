"""The executor's settings. Times are seconds, sizes bytes."""

from __future__ import annotations

from pydantic import SecretStr

from shared.messages import Agent
from shared.worker.worker import WorkerSettings


class ExecutorSettings(WorkerSettings):
    """A worker's settings, the key of people's approvals, and the bounds of a plan."""

    approval_key: SecretStr
    audit_signing_key: SecretStr
    # To seal the credentials that it renews for the other agents.
    public_key_info: str | None = None
    public_key_advisor: str | None = None
    concurrency: int = 4
    plan_ttl_seconds: float = 3600
    review_timeout_seconds: float = 20
    role_wait_seconds: float = 60
    # After a call was cut off, how long its effect may take to show before it is sent again.
    settle_seconds: float = 15
    # How long AWS is asked whether a call happened, while it fails to answer.
    look_seconds: float = 60
    # From the approval until no further step is begun; below the life of a plan's credentials.
    run_seconds: float = 1500
    parallel_steps: int = 4
    # For the look at AWS for names and quotas while a plan is prepared; 0 leaves it out.
    conflicts_seconds: float = 5
    # What one plan may do at most, see `limits.py`.
    max_steps: int = 20
    max_deletes: int = 5
    max_permission_changes: int = 10
    # Operations ("delete_iam_role", "delete_*") and effects ("permissions"), with commas, that no plan may hold.
    never_allowed: str = ""
    max_file_bytes: int = 10 * 1024 * 1024

    @property
    def kinds_never_allowed(self) -> tuple[str, ...]:
        """The entries of `never_allowed`."""
        return tuple(entry for part in self.never_allowed.split(",") if (entry := part.strip()))

    def public_key_of(self, agent: Agent) -> str | None:
        """The public key of another agent."""
        return {"info": self.public_key_info, "advisor": self.public_key_advisor}.get(agent)


class ExecutorWorkerSettings(ExecutorSettings):
    """The executor's settings, and the key that its questions to the advisor are signed with."""

    advisor_signing_key: SecretStr
