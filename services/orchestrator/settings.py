"""The gateway's settings, from the environment; every secret may come from a file (`<NAME>_FILE`)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from services.orchestrator.instructions import InstructionsFile
from shared.messages import AGENTS, Agent
from shared.plans.rules import WHAT_THE_FILE_SAYS, RulesFile
from shared.sessions.fences import WHAT_THEY_SAY, OperatorFences
from shared.settings import Bytes, Seconds, Settings, WholeSeconds, entries

# A host name (RFC 1123) or a container's, which may have underscores; digits and dots alone are a mistyped address.
_HOST_NAME = re.compile(r"(?![0-9.]*$)[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")


class GatewaySettings(Settings):
    """The keys per agent are those of `shared/keys/deployment.py`.

    The approval key is not among them: the reasoning loop gets these settings too. See `decisions/approvals.py`.
    """

    renamed: ClassVar[Mapping[str, str]] = {"max_rounds": "max_steps"}

    signing_key_info: SecretStr = Field(description="Signs the calls to that agent and checks its results.")
    signing_key_advisor: SecretStr = Field(description="The same.")
    signing_key_executor: SecretStr = Field(description="The same.")
    public_key_info: str = Field(description="Seals credentials for that agent.")
    public_key_advisor: str = Field(description="The same.")
    public_key_executor: str = Field(description="The same.")
    audit_key: SecretStr = Field(description="Signs the gateway's entries and anchors in the audit logs.")
    audit_public_key_info: str = Field(description="Checks what that agent wrote in the audit logs.")
    audit_public_key_advisor: str = Field(description="The same.")
    audit_public_key_executor: str = Field(description="The same.")
    audit_anchor_file: str | None = Field(
        default=None,
        description="A file outside Redis to which the gateway writes the log's head with every append "
        "([audit](audit.md#anchors)); without it nobody notices a log that was cut off at its end together with its "
        "head.",
    )
    audit_keep_seconds: WholeSeconds = Field(
        default=90 * 24 * 3600,
        ge=1,
        description="How long a log is kept after its last entry; the workers' own logs are kept 90 days.",
    )

    # Set here and not left to the openai client, which takes an empty OPENAI_BASE_URL for an address.
    openai_base_url: str = Field(
        default="https://api.openai.com/v1", description="Any OpenAI-compatible chat completions server."
    )
    openai_api_key: SecretStr | None = Field(
        default=None,
        description="The model provider's key; without one a placeholder is sent, for servers that need none.",
    )
    openai_model: str = Field(default="gpt-4-turbo", description="The model that is asked.")
    openai_timeout: Seconds = Field(
        default=60.0,
        gt=0,
        description="How long the model's server may be silent, before its answer or within it; then the turn fails. A "
        "local model on a CPU needs minutes.",
    )
    turn_seconds: Seconds = Field(
        default=300.0,
        gt=0,
        description="How long one run of a turn may take: from its start, a take-over or the end of its plan, to an "
        "answer or a plan. A local model on a CPU needs more.",
    )
    chat_wait_seconds: Seconds = Field(
        default=120.0, gt=0, description="How long `POST /v1/chat` waits for a turn before it answers 202."
    )
    max_rounds: int = Field(
        default=10,
        ge=1,
        description="How many times in a turn the model may call functions (counted anew after a plan has ended); in "
        "the round after that it may only answer.",
    )
    max_history_tokens: int = Field(
        default=24_000,
        ge=1,
        description="The most tokens sent in one request, as estimated and without the functions (about 4,000 more): "
        "first tool outputs are shortened, the oldest most, then the oldest turns are left out. What a server refuses "
        "as too long is sent again shorter, and the size that it took holds for the process.",
    )
    instructions_file: InstructionsFile = Field(
        default=None,
        description="The model's instructions instead of "
        "[the built-in ones](../services/orchestrator/instructions/system.md), with the same placeholders; `make eval` "
        "[compares them](evaluation.md). What keeps a model from changing anything does not rest on them.",
    )
    max_message_chars: int = Field(default=32_000, ge=1, description="The most characters of one message of a user.")

    session_ttl: WholeSeconds = Field(
        default=8 * 3600,
        ge=900,
        le=129_600,
        description="How long a session lasts at most; with a role the agents' credentials last an hour and are "
        "renewed while the session lasts.",
    )
    allow_unverified_credentials: bool = Field(
        default=False,
        description="Without `role_arn`, also accept callers whose policies cannot be read; such a caller may be an "
        "administrator.",
    )
    allow_broad_roles: bool = Field(
        default=False,
        description="Also accept a `role_arn` that is an administrator or that anyone may assume; the session's "
        "`scoping.notes` then say so.",
    )
    run_timeout: Seconds = Field(
        default=900.0,
        gt=0,
        description="How long one call to run a plan may take; if the plan has not ended by then, the gateway makes "
        "another call, until the session ends.",
    )
    sweep_interval: Seconds = Field(default=2.0, gt=0, description="How often a gateway looks for plans that are due.")
    run_lease: Seconds = Field(default=30.0, gt=0, description="How long a gateway's lease on a plan's run lasts.")

    max_json_bytes: Bytes = Field(default=256 * 1024, ge=1, description="Size of a request body.")
    max_file_bytes: Bytes = Field(default=10 * 1024 * 1024, ge=1, description="Size of one upload.")
    max_files: int = Field(default=20, ge=0, description="Uploads that an owner has at once.")
    rules_file: RulesFile = Field(default=None, description=WHAT_THE_FILE_SAYS)
    fences: OperatorFences = Field(default=None, description=WHAT_THEY_SAY)
    identity_provider_roles: str = Field(
        default="AWSReservedSSO_*",
        description="Patterns of role names, separated by commas, whose sessions an identity provider names, so that "
        "each name is an owner of its own; the sessions of every other role are one "
        "([sessions](sessions.md#whose-it-is)). A single `,` is none.",
    )
    file_keep_seconds: WholeSeconds = Field(default=24 * 3600, ge=7200, description="How long an upload is kept.")
    requests_per_minute: int = Field(
        default=1200, ge=0, description="Requests in a minute of one session; 0 turns the limit off."
    )
    sessions_per_minute: int = Field(
        default=120,
        ge=0,
        description="Requests in a minute to open a session from one client address; 0 turns the limit off.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses, networks (`10.0.0.0/8`) and host names, separated by commas, of proxies whose "
        "`X-Forwarded-For` and `X-Forwarded-Proto` are believed: the client's address is what requests to open a "
        "session are counted by. Host names are looked up again every few seconds.",
    )
    page_hosts: str = Field(
        default="",
        description="Names, separated by commas, under which people open the web page, besides this machine's own and "
        "addresses: `assistant.example.com`. Another name is refused, so that no site can point its own here.",
    )
    page_url: str = Field(
        default="",
        description="The address under which people open the web page, for programs that reach the gateway by a name "
        "that is not the page's own (`http://proxy:8080` among containers): links to the page then lead there. "
        "Compose sets it to `PUBLIC_URL`, else to the published port.",
    )
    sandbox_session_file: str | None = Field(
        default=None,
        description="A file with the keys of the sandbox's user as `POST /v1/sessions` takes them. The web page then "
        "opens a session with it by one click, only while AWS is the sandbox's.",
    )
    max_connections: int = Field(default=2000, ge=1, description="HTTP connections; above that uvicorn answers 503.")
    redis_connections: int = Field(
        default=200,
        ge=1,
        description="Connections in the gateway's pool; a request that finds none free waits up to 4 s.",
    )

    @property
    def named_roles(self) -> tuple[str, ...]:
        """The entries of `identity_provider_roles`."""
        return entries(self.identity_provider_roles)

    @property
    def own_hosts(self) -> tuple[str, ...]:
        """The entries of `page_hosts`, in small letters."""
        return entries(self.page_hosts.lower())

    @field_validator("trusted_proxies")
    @classmethod
    def _known_forms(cls, value: str) -> str:
        for entry in entries(value):
            if not is_network(entry) and not _HOST_NAME.fullmatch(entry):
                raise ValueError(f"{entry!r} is no address, network or host name")
        return value

    @field_validator("page_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        plain = not (parts.query or parts.fragment or parts.username)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or not plain or parts.port == 0):
            raise ValueError("an address is written like https://assistant.example.com")
        return value

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


def is_network(entry: str) -> bool:
    """Whether it is an address or a network, and no name."""
    try:
        ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
    return True
