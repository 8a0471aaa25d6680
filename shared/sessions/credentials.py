"""Temporary AWS credentials of one agent in one session. Never part of a task message."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from shared.messages import Agent, Message, SessionInfo
from shared.sessions.accounts import AccountState, find, unusable
from shared.sessions.fences import Fences, Perimeter


class Credentials(Message):
    """One temporary credential set. `repr` shows the key id only."""

    access_key_id: str
    secret_access_key: str = Field(repr=False)
    session_token: str | None = Field(default=None, repr=False)
    expires_at: float | None = None


class AccountAccess(Message):
    """One of a session's accounts, and one agent's way into it.

    Where it is not `ready` it has no way in, and `reason` says why, for a person. `credentials` are the informational
    agent's; the executor assumes `role_arn` at run time. Of the main account, which is the first, the session's own
    fields say all that. `regions` are those to read in, its own where the session's were not chosen.
    """

    account: str
    name: str | None = None
    state: AccountState = "ready"
    reason: str | None = None
    regions: tuple[str, ...] = ()
    credentials: Credentials | None = None
    role_arn: str | None = None
    external_id: str | None = Field(default=None, repr=False)
    source_identity: str | None = None
    read_policies: tuple[str, ...] = ()


class AgentSession(Message):
    """What one agent gets of a session: whom it acts for, and its own credentials.

    `role_arn` to `policies` are set for the executor only, where the session has a role. It assumes
    `role_arn` at run time, under a session policy made for one plan, as `source_identity` where the role's
    trust policy allows a source identity. `policies` are the session policies under which it renews the other agents'
    credentials; they are sealed with its own, so no caller can make it use wider ones. Where the role has
    `read_policies` (ARNs), the informational agent's are renewed with these, under `narrowing` in place of its policy.
    """

    info: SessionInfo
    credentials: Credentials
    role_arn: str | None = None
    external_id: str | None = Field(default=None, repr=False)
    source_identity: str | None = None
    policies: dict[Agent, str] = Field(default_factory=dict, repr=False)
    read_policies: tuple[str, ...] = ()
    narrowing: str | None = Field(default=None, repr=False)
    accounts: tuple[AccountAccess, ...] = Field(
        default=(), description="All accounts of the session, its main one first; empty where it has only that."
    )
    fences: Fences | None = None
    operator_fences: Fences | None = None
    value_key: str | None = Field(
        default=None, description="The executor's only: what values are sealed for, see `shared/keys/sealed_values.py`."
    )

    @property
    def perimeter(self) -> Perimeter:
        """The fences that hold in the session."""
        return Perimeter.of(self.fences, self.operator_fences)

    @property
    def main_account(self) -> str:
        """The account in which the session was opened, whichever this is of."""
        return self.accounts[0].account if self.accounts else self.info.account

    @property
    def account_name(self) -> str | None:
        """What the account that this is of is called in the session."""
        return next((one.name for one in self.accounts if one.account == self.info.account), None)

    @property
    def all_accounts(self) -> tuple[AccountAccess, ...]:
        """The accounts of the session: one, where it was not opened for several."""
        return self.accounts or (AccountAccess(account=self.info.account, regions=self.info.regions),)

    def of_account(self, account: str) -> Self:
        """The same session in another of its accounts: with that one's credentials, or role to assume, and regions.

        `info.owner` stays: what is made there belongs to whom the session does. Raises InvalidArguments
        (`unknown_account`), and what `accounts.unusable` returns for one that is not ready.
        """
        if account == self.info.account:
            return self
        access = find(self.accounts, account)
        if access.state != "ready":
            raise unusable(access)
        info = self.info.model_copy(update={"account": access.account, "regions": access.regions or self.info.regions})
        update = {
            "info": info,
            "credentials": access.credentials or self.credentials,
            "role_arn": access.role_arn,
            "external_id": access.external_id,
            "source_identity": access.source_identity,
            "read_policies": access.read_policies,
        }
        if access.credentials is None and access.role_arn is None:
            raise unusable(access)
        return self.model_copy(update=update)
