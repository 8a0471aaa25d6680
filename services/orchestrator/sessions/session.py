"""What the gateway knows of a session: whose it is, its accounts, regions and fences. Never a credential."""

from __future__ import annotations

import time

from services.orchestrator.sessions.accounts import SessionAccount
from services.orchestrator.sessions.scoping import AgentScope, Scoping
from shared.messages import Agent, Identifier, Owner, Record, owner_id
from shared.plans.decisions import Person
from shared.sessions.fences import Fences, Perimeter


class Session(Record):
    """An open session, as it is stored; each reader finds what it may use in `perimeter` and `all_accounts`."""

    session_id: Identifier
    # None: what it makes is its own, for it was opened before there were owners or by a caller without an id.
    owner: Owner | None = None
    account: str
    caller_arn: str
    region: str
    regions: tuple[str, ...]
    scoping: Scoping
    agents: dict[Agent, AgentScope]
    created_at: float
    expires_at: float
    # When the credentials of info and advisor end, where the executor can renew them; see `renewal.py`.
    renew_until: float | None = None
    # All accounts of the session, its own first; empty where it has only that.
    accounts: tuple[SessionAccount, ...] = ()
    fences: Fences | None = None
    operator_fences: Fences | None = None

    @property
    def owner_id(self) -> str:
        """Whose the conversations, plans, results, files and grants are that it makes, and which it sees."""
        return owner_id(self.owner, self.session_id)

    @property
    def role_arn(self) -> str | None:
        """The role that its agents have; None where they have the caller's own credentials."""
        return self.agents["executor"].identity if self.scoping.mode == "role" else None

    @property
    def perimeter(self) -> Perimeter:
        """The fences that hold in it."""
        return Perimeter.of(self.fences, self.operator_fences)

    @property
    def all_accounts(self) -> tuple[SessionAccount, ...]:
        """The accounts of the session: one, where it was not opened for several."""
        own = SessionAccount(account=self.account, state="ready", role_arn=self.role_arn, regions=self.regions)
        return self.accounts or (own,)

    def role_in(self, account: str) -> str | None:
        """The role that a plan in one of its accounts runs as. Raises KeyError where it has no such account, ready."""
        if account == self.account:
            return self.role_arn
        return {one.account: one.role_arn for one in self.accounts if one.state == "ready"}[account]

    def holds(self, account: str) -> bool:
        """Whether it has this account, ready to be used."""
        return any(one.account == account and one.state == "ready" for one in self.all_accounts)

    @property
    def person(self) -> Person:
        """Who decides in this session."""
        principal = self.owner.principal if self.owner else None
        return Person(account=self.account, principal=principal, caller_arn=self.caller_arn, session_id=self.session_id)

    def remaining(self) -> int:
        """Whole seconds until the session ends, one at least."""
        return max(1, int(self.expires_at - time.time()))
