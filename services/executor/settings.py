"""The executor's settings."""

from __future__ import annotations

from functools import cached_property

from pydantic import Field, SecretStr

from shared.messages import Agent
from shared.plans.rules import WHAT_THE_FILE_SAYS, Rules, RulesFile, read_rules
from shared.sessions.fences import WHAT_THEY_SAY, OperatorFences
from shared.settings import Bytes, Seconds, entries
from shared.worker.settings import WorkerSettings


class ExecutorSettings(WorkerSettings):
    """A worker's settings, the key of people's approvals, and the bounds of a plan."""

    approval_key: SecretStr = Field(description="Checks what people decided.")
    audit_signing_key: SecretStr = Field(description="The agent's own: signs its audit entries and anchors.")
    public_key_info: str | None = Field(
        default=None,
        description="Seals the credentials that the executor renews for this agent. Without it nothing is renewed, and "
        "after an hour the agent answers `credentials_expired`.",
    )
    public_key_advisor: str | None = Field(default=None, description="The same for the advisor.")
    concurrency: int = Field(default=4, ge=1, description="Calls at the same time, in threads.")
    plan_ttl_seconds: Seconds = Field(default=3600, gt=0, description="How long a plan waits for a decision.")
    review_timeout_seconds: Seconds = Field(
        default=20,
        ge=0,
        description="How long Claude's review may take, which comes after the plan; then the plan says that it was not "
        "reviewed, and why. With 0 none is asked for.",
    )
    role_wait_seconds: Seconds = Field(
        default=60,
        ge=0,
        description="How long a call is tried again that AWS refuses for a reason that passes by itself: throttling, "
        "another change of the same thing, a role or bucket made moments ago that AWS does not know everywhere yet; "
        "also how long to wait until a function is active.",
    )
    name_wait_seconds: Seconds = Field(
        default=300,
        ge=0,
        description="The same for a bucket's name that S3 is not done with, as after the bucket was deleted.",
    )
    undo_name_wait_seconds: Seconds = Field(
        default=900,
        ge=0,
        description="The same for a name while a plan is undone. S3 may need an hour and more.",
    )
    settle_seconds: Seconds = Field(
        default=15,
        ge=0,
        description="How long the effect of an interrupted call may take to become visible in AWS before the call is "
        "sent again (a fifth of it after a 5xx answer).",
    )
    look_seconds: Seconds = Field(
        default=60,
        ge=0,
        description="How long to keep asking AWS whether a call took effect while AWS does not answer; after that the "
        "plan stops with the status `in_doubt`.",
    )
    # Below the life of a plan's credentials.
    run_seconds: Seconds = Field(
        default=1500,
        gt=0,
        description="For how long after its approval, or after the last answer about a step in doubt, a plan may begin "
        "further steps; steps not begun by then are skipped with `deadline_exceeded` and the plan fails.",
    )
    parallel_steps: int = Field(default=4, ge=1, description="Steps of one plan at the same time.")
    conflicts_seconds: Seconds = Field(
        default=5,
        ge=0,
        description="How long preparing a plan may take to look for taken names and reached quotas, and as long again "
        "to read the policies and roles that its steps name; what was not found out in time is a finding, or said on "
        "the page. 0 turns both off, and the plan says so.",
    )
    price_seconds: Seconds = Field(
        default=3,
        ge=0,
        description="How long preparing a plan may take to read what its steps cost from AWS's price list; what was "
        "not read in time is unknown, and the page says so. 0 turns it off.",
    )
    max_steps: int = Field(
        default=20,
        ge=1,
        description="The most steps in one plan. Like the next two it is checked when a plan is prepared and again "
        "before it runs, and limits what one approval can do ([plans.md](plans.md#limits)).",
    )
    max_deletes: int = Field(default=5, ge=0, description="The most steps of one plan that delete.")
    max_permission_changes: int = Field(
        default=10, ge=0, description="The most steps of one plan that change permissions."
    )
    never_allowed: str = Field(
        default="",
        description="Operations (`delete_iam_role`, `delete_*`) and effects (`permissions`, `write`, `tagging`, "
        "`sensitive_read`) that no plan may contain, separated by commas. The executor does not start with a name that "
        "does not exist.",
    )
    fences: OperatorFences = Field(default=None, description=WHAT_THEY_SAY)
    rules_file: RulesFile = Field(default=None, description=WHAT_THE_FILE_SAYS)
    max_file_bytes: Bytes = Field(default=10 * 1024 * 1024, ge=1, description="Size of an uploaded package.")

    @cached_property
    def rules(self) -> Rules:
        """The operator's rules, as they were when this process started."""
        return read_rules(self.rules_file)

    @property
    def kinds_never_allowed(self) -> tuple[str, ...]:
        """The entries of `never_allowed`."""
        return entries(self.never_allowed)

    def public_key_of(self, agent: Agent) -> str | None:
        """The public key of another agent."""
        return {"info": self.public_key_info, "advisor": self.public_key_advisor}.get(agent)


class ExecutorWorkerSettings(ExecutorSettings):
    """The executor's settings, and the key that its questions to the advisor are signed with."""

    advisor_signing_key: SecretStr = Field(description="Signs the executor's calls to the advisor.")
