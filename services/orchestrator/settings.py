"""The gateway's settings, from the environment; every secret may come from a file (`<NAME>_FILE`)."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shared.messages import AGENTS, Agent
from shared.settings import Settings


class GatewaySettings(Settings):
    """Times are seconds, sizes bytes. The keys per agent are those of `shared/keys.py`.

    The approval key is not among them: the reasoning loop gets these settings too. See `decisions/approvals.py`.
    """

    signing_key_info: SecretStr
    signing_key_advisor: SecretStr
    signing_key_executor: SecretStr
    public_key_info: str
    public_key_advisor: str
    public_key_executor: str
    audit_key: SecretStr
    # To check what the workers wrote into the audit logs.
    audit_public_key_info: str
    audit_public_key_advisor: str
    audit_public_key_executor: str
    # Where signed anchors of the audit logs go: outside Redis, on a disk that is kept. None: nowhere.
    audit_anchor_file: str | None = None
    audit_keep_seconds: int = 90 * 24 * 3600

    # Set here and not left to the openai client, which takes an empty OPENAI_BASE_URL for an address.
    openai_base_url: str = "https://api.openai.com/v1"
    openai_api_key: SecretStr | None = None
    openai_model: str = "gpt-4-turbo"
    openai_timeout: float = 60.0
    max_steps: int = 10
    max_history_tokens: int = 24_000
    max_message_chars: int = 32_000

    # Only shown: in every JSON answer, in the header X-Sandbox and in the documentation's title.
    sandbox: bool = False

    # How long a session lasts at most. Role sessions, which AWS ends earlier, are renewed meanwhile.
    session_ttl: int = Field(default=8 * 3600, ge=900, le=129_600)
    # Accept callers whose policies cannot be read also without a role; administrators may be among them.
    allow_unverified_credentials: bool = False
    # Accept a role_arn that is an administrator, or that anyone may assume; it is then named in the session.
    allow_broad_roles: bool = False
    # Who besides its owner sees and decides a plan, and which plans need how many people: see `shared/rules.py`.
    rules_file: str | None = None
    # Patterns of role names, with commas, whose sessions an identity provider names: each name owns what it makes.
    # IAM Identity Center's by default, whose sessions have the user's name.
    identity_provider_roles: str = "AWSReservedSSO_*"
    # How long one call to run a plan may take; then the run is requested again.
    run_timeout: float = 900.0
    sweep_interval: float = 2.0
    run_lease: float = 30.0

    max_json_bytes: int = 256 * 1024
    max_file_bytes: int = 10 * 1024 * 1024
    max_files: int = 20
    # How long an uploaded file is kept. A plan that names it can be approved for an hour.
    file_keep_seconds: int = Field(default=24 * 3600, ge=7200)
    # Requests in a minute, of one session and of one client address opening sessions; 0 turns the limit off.
    requests_per_minute: int = 1200
    sessions_per_minute: int = 120
    max_connections: int = 2000
    redis_connections: int = 200

    @property
    def named_roles(self) -> tuple[str, ...]:
        """The entries of `identity_provider_roles`."""
        return tuple(entry for part in self.identity_provider_roles.split(",") if (entry := part.strip()))

    def signing_key(self, agent: Agent) -> bytes:
        """The key that signs what goes to one agent."""
        secret: SecretStr = getattr(self, f"signing_key_{agent}")
        return secret.get_secret_value().encode()

    def signing_keys(self) -> dict[Agent, bytes]:
        return {agent: self.signing_key(agent) for agent in AGENTS}

    def public_key(self, agent: Agent) -> str:
        """The key that seals credentials for one agent."""
        key: str = getattr(self, f"public_key_{agent}")
        return key

    def audit_public_key(self, agent: Agent) -> str:
        """The key that checks one agent's signatures in the audit logs."""
        key: str = getattr(self, f"audit_public_key_{agent}")
        return key
