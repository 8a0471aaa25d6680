"""The settings of every worker: its keys, where it says that it is alive, and how much it does at once."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shared.settings import Settings


class WorkerSettings(Settings):
    """What every worker needs: its own keys, and how many calls it answers at the same time."""

    signing_key: SecretStr = Field(description="The agent's own: checks its calls and signs its results.")
    private_key: SecretStr = Field(description="The agent's own: opens the credentials that are sealed for it.")
    audit_signing_key: SecretStr | None = Field(
        default=None,
        description="The agent's own: signs its audit entries and anchors. Without it `info` and `advisor` report dead "
        "letters and late results in their log lines only.",
    )
    audit_anchor_file: str | None = Field(
        default=None,
        description="A file outside Redis, of this agent alone, to which it writes the log's head with every entry "
        "([audit](audit.md#anchors)); without the executor's nobody notices a log that the gateway wrote anew.",
    )
    signing_key_previous: SecretStr | None = Field(
        default=None, description="The key before the last rotation: credentials signed with it are still taken."
    )
    private_key_previous: SecretStr | None = Field(
        default=None, description="The key before the last rotation: credentials sealed for it can still be opened."
    )
    heartbeat_file: str | None = Field(
        default=None,
        description="A file that is touched with every heartbeat, for health checks that read nothing else.",
    )
    concurrency: int = Field(default=16, ge=1, description="Calls at the same time, in threads.")
