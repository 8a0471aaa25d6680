"""Temporary AWS credentials of one agent in one session. Never part of a task message."""

from __future__ import annotations

from pydantic import Field

from shared.messages import Message, SessionInfo


class Credentials(Message):
    """One temporary credential set. `repr` shows the key id only."""

    access_key_id: str
    secret_access_key: str = Field(repr=False)
    session_token: str | None = Field(default=None, repr=False)
    expires_at: float | None = None


class AgentSession(Message):
    """What one agent holds of a session: who it acts for, and its own credentials.

    `role_arn` is set for the executor only: the role it assumes at run time, under a session policy made
    for one plan. Its own credentials are then good for nothing but `sts:AssumeRole`.
    """

    info: SessionInfo
    credentials: Credentials
    role_arn: str | None = None
    external_id: str | None = Field(default=None, repr=False)
