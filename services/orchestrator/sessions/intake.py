"""What a session request opens: the session's own account, and the further ones where it names several."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.orchestrator.sessions import agent_credentials
from services.orchestrator.sessions.accounts import (
    AccountOpener,
    OpenedAccount,
    SessionAccount,
    WantedAccount,
    wanted_accounts,
)
from services.orchestrator.sessions.agent_credentials import IssuedCredentials
from services.orchestrator.sessions.caller_check import CallerCheck
from services.orchestrator.sessions.fenced_policies import assume_fenced, fenced
from services.orchestrator.sessions.requests import SessionRequest
from services.orchestrator.sessions.role_check import check_role
from services.orchestrator.sessions.sts import Caller, Sts
from services.orchestrator.settings import GatewaySettings
from shared.errors import Forbidden, InvalidArguments
from shared.sessions.accounts import label
from shared.sessions.credentials import Credentials
from shared.sessions.fences import Perimeter


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened. `request` is the request with the role of the session's own account."""

    request: SessionRequest
    issued: IssuedCredentials
    notes: tuple[str, ...]
    others: tuple[OpenedAccount, ...] = ()
    name: str | None = None

    def shown_accounts(self, before: Sequence[SessionAccount] = ()) -> tuple[SessionAccount, ...]:
        """All accounts, the session's own first; none where it has only that. Regions stay as they were `before`."""
        if not self.others:
            return ()
        own = SessionAccount(
            account=self.issued.account,
            name=self.name,
            state="ready",
            role_arn=self.request.role_arn,
            regions=self.issued.regions,
        )
        known: Mapping[str, tuple[str, ...]] = {one.account: one.regions for one in before}
        others = (
            one.shown.model_copy(update={"regions": one.shown.regions or known.get(one.shown.account, ())})
            for one in self.others
        )
        return (own, *others)


@dataclass(frozen=True, slots=True)
class Intake:
    """Opens the accounts of one session for a caller who was checked."""

    sts: Sts
    settings: GatewaySettings
    credentials: Credentials
    caller: Caller
    checked: CallerCheck
    session_id: str
    perimeter: Perimeter

    async def opened(self, request: SessionRequest, before: str | None) -> Opened:
        """Open what the request names; `before` is the session's own account, where it is renewed.

        Raises what `agent_credentials.issue` and `check_role` do for the session's own account, what `wanted_accounts`
        does, and Forbidden (`account_outside_fence`).
        """
        if not request.names_accounts:
            issued, notes = await self._own(request)
            return Opened(request, issued, notes)
        wanted = await wanted_accounts(self.sts, self.credentials, self.caller, request, request.region, self.perimeter)
        opener = AccountOpener(
            self.sts,
            self.credentials,
            self.caller,
            self.session_id,
            request,
            self.settings.session_ttl,
            broad_allowed=self.settings.allow_broad_roles,
            perimeter=self.perimeter,
        )
        if request.role_arn is not None:
            own = request.role_arn.split(":")[4]
            _check_own_role(request, own)
            name = next((one.name for one in wanted if one.account == own), None)
            further = [one for one in wanted if one.account != own]
            (issued, notes), others = await asyncio.gather(self._own(request, name), opener.open(further))
            return Opened(request, issued, notes, others, name)
        opened = await opener.open(wanted)
        chosen = _first_ready(wanted, opened, before)
        as_role = request.model_copy(update={"role_arn": chosen.role_arn, "external_id": chosen.external_id})
        issued, notes = await self._own(as_role, chosen.name)
        others = tuple(one for one in opened if one.shown.account != chosen.account)
        return Opened(as_role, issued, notes, others, chosen.name)

    async def _own(self, request: SessionRequest, name: str | None = None) -> tuple[IssuedCredentials, tuple[str, ...]]:
        """The session's own account: the agents' credentials, and notes for its `scoping`."""
        account = request.role_arn.split(":")[4] if request.role_arn else self.caller.account
        self.perimeter.check_account(account, name)
        issued = await agent_credentials.issue(
            self.sts, self.credentials, self.caller, request, self.session_id, self.settings.session_ttl
        )
        issued = issued.within(self.perimeter)
        if request.role_arn is None:
            return issued, self.checked.notes
        found = await check_role(
            self.sts,
            issued.credentials["info"],
            request.role_arn,
            self.caller,
            self.checked,
            request.region,
            broad_allowed=self.settings.allow_broad_roles,
        )
        issued, notes = await self._within_fences(issued, request)
        return issued, (*self.checked.notes, *found, *notes)

    async def _within_fences(
        self, issued: IssuedCredentials, request: SessionRequest
    ) -> tuple[IssuedCredentials, tuple[str, ...]]:
        """The same with the informational agent's credentials, and those it gets later, within the session's fences."""
        now = issued.info_request
        if not self.perimeter or now is None:
            return issued, ()
        seconds = self.settings.session_ttl
        fresh = await assume_fenced(self.sts, self.credentials, request.region, now, self.perimeter, seconds)
        policies, notes = {**issued.policies}, fenced(now.policy, self.perimeter, now.policy_arns)[1]
        policies["info"] = fenced(policies["info"], self.perimeter)[0]
        narrowing = fenced(issued.narrowing, self.perimeter, issued.read_policies)[0]
        credentials = {**issued.credentials} | ({"info": fresh.credentials} if fresh else {})
        return replace(issued, credentials=credentials, policies=policies, narrowing=narrowing), notes


def _check_own_role(request: SessionRequest, own: str) -> None:
    """Raise InvalidArguments (`duplicate_account`) where `accounts` names another role for the session's account."""
    for one in request.accounts or ():
        if one.role_arn.split(":")[4] == own and one.role_arn != request.role_arn:
            raise InvalidArguments(
                f"accounts: {own} is the session's own account, by role_arn, and is named with another role here",
                code="duplicate_account",
            )


def _first_ready(wanted: Sequence[WantedAccount], opened: Sequence[OpenedAccount], before: str | None) -> WantedAccount:
    """The account that becomes the session's own: that of before, else the first that can be used.

    Where none can, raises their refusal if it is the same for all, else Forbidden (`no_usable_account`).
    """
    ready = {one.shown.account for one in opened if one.is_ready}
    usable = [one for one in wanted if one.account in ready]
    if usable:
        return next((one for one in usable if one.account == before), usable[0])
    errors = [one.error for one in opened if one.error is not None]
    if errors and len({error.code for error in errors}) == 1:
        raise errors[0]
    reasons = "; ".join(f"{label(one.shown)}: {one.shown.reason}" for one in opened[:3])
    raise Forbidden(f"none of the accounts can be used: {reasons}", code="no_usable_account")
