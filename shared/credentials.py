"""Temporary AWS credentials of one agent in one session. Never part of a task message."""

from __future__ import annotations

from pydantic import Field

from shared.messages import Agent, Message, SessionInfo


class Credentials(Message):
    """One temporary credential set. `repr` shows the key id only."""

    access_key_id: str
    secret_access_key: str = Field(repr=False)
    session_token: str | None = Field(default=None, repr=False)
    expires_at: float | None = None


class AgentSession(Message):
    """What one agent gets of a session: whom it acts for, and its own credentials.

    The fields after `credentials` are set for the executor only, where the session has a role. It assumes
    `role_arn` at run time, under a session policy made for one plan, as `source_identity` where the role's
    trust policy allows a source identity. `policies` are the session policies under which it renews the other agents'
    credentials; they are sealed with its own, so no caller can make it use wider ones.
    """

    info: SessionInfo
    credentials: Credentials
    role_arn: str | None = None
    external_id: str | None = Field(default=None, repr=False)
    source_identity: str | None = None
    policies: dict[Agent, str] = Field(default_factory=dict, repr=False)
