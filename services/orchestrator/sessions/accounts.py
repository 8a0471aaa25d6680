"""Opens a session's further accounts: the role of each assumed for the informational agent, checked, and its regions.

All are opened at the same time, in a bounded time: a person waits. An account that cannot be opened keeps no session
from opening; it has a state and a reason, which every question over all accounts tells as a gap. Its role is checked
as the session's own is (`role_check.py`): nothing is read with a role that was not looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from pydantic import Field

from services.orchestrator.sessions import scoping
from services.orchestrator.sessions.agent_credentials import assume_named, source_identity_of
from services.orchestrator.sessions.fenced_policies import assume_fenced
from services.orchestrator.sessions.requests import RenewalRequest, SessionRequest
from services.orchestrator.sessions.role_check import check_role_alone
from services.orchestrator.sessions.sts import Caller, OrganizationAccount, RoleRequest, Sts
from services.orchestrator.sessions.widening import widened
from shared.errors import AssistantError, Forbidden, InvalidArguments
from shared.messages import Record
from shared.sessions.accounts import MAX_ACCOUNTS, AccountState, state_after
from shared.sessions.credentials import Credentials
from shared.sessions.fences import Perimeter

log = structlog.get_logger(__name__)

PARALLEL_ACCOUNTS = 16
# Of all of them together. A second try of a throttled account is within it.
SECONDS = 25.0
RETRY_SECONDS = 1.5


class SessionAccount(Record):
    """One of a session's accounts, as the gateway knows it. Never a credential."""

    account: str
    name: str | None = None
    state: AccountState
    reason: str | None = Field(default=None, description="Why it is not ready.")
    role_arn: str | None = None
    regions: tuple[str, ...] = ()
    notes: tuple[str, ...] = Field(default=(), description="What is to be known of its role.")


@dataclass(frozen=True, slots=True)
class WantedAccount:
    """An account that a session is to hold; with a state other than ready it is not even tried."""

    account: str
    role_arn: str
    external_id: str | None = None
    name: str | None = None
    state: AccountState = "ready"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """What came of opening one: how it stands, and where it is ready the informational agent's credentials."""

    shown: SessionAccount
    external_id: str | None = None
    credentials: Credentials | None = None
    source_identity: str | None = None
    read_policies: tuple[str, ...] = ()
    error: AssistantError | None = None

    @property
    def is_ready(self) -> bool:
        return self.credentials is not None


async def wanted_accounts(
    sts: Sts, credentials: Credentials, caller: Caller, request: RenewalRequest, region: str, perimeter: Perimeter
) -> tuple[WantedAccount, ...]:
    """The accounts that a request names, or that AWS Organizations lists, the caller's own first.

    Raises InvalidArguments (`duplicate_account`), and Forbidden (`organization_not_readable`) where the caller may not
    list the organization's accounts.
    """
    if request.organization is None:
        found = tuple(
            WantedAccount(one.role_arn.split(":")[4], one.role_arn, one.external_id, one.name)
            for one in request.accounts or ()
        )
        _check_once(found)
    else:
        found = await _of_organization(sts, credentials, caller, request, region)
    return tuple(_judged(one, perimeter) for one in found)


async def _of_organization(
    sts: Sts, credentials: Credentials, caller: Caller, request: RenewalRequest, region: str
) -> tuple[WantedAccount, ...]:
    assert request.organization is not None
    role, partition = request.organization.role_name.lstrip("/"), caller.arn.split(":")[1]
    try:
        listed = await sts.accounts(credentials, region)
    except AssistantError as error:
        if error.retryable:
            raise
        raise Forbidden(
            f"the organization's accounts could not be listed: {error.detail}. Allow the caller "
            "organizations:ListAccounts in the management account or a delegated administrator's, or name `accounts`",
            code="organization_not_readable",
        ) from None
    ordered = sorted(listed, key=lambda one: (one.account != caller.account, one.state != "ACTIVE", one.account))
    return tuple(
        WantedAccount(
            one.account,
            f"arn:{partition}:iam::{one.account}:role/{role}",
            request.organization.external_id,
            one.name,
            *_standing(one, position),
        )
        for position, one in enumerate(ordered)
    )


def _standing(found: OrganizationAccount, position: int) -> tuple[AccountState, str | None]:
    if found.state != "ACTIVE":
        return "suspended", f"AWS Organizations says that it is {found.state}"
    if position >= MAX_ACCOUNTS:
        return "over_limit", f"a session holds {MAX_ACCOUNTS} accounts at most; name `accounts` to choose them"
    return "ready", None


def _check_once(wanted: Sequence[WantedAccount]) -> None:
    ids = [one.account for one in wanted]
    names = [one.name.casefold() for one in wanted if one.name]
    for kind, values in (("account", ids), ("name", names)):
        if twice := next((value for value in values if values.count(value) > 1), None):
            raise InvalidArguments(f"accounts: the {kind} {twice!r} is there twice", code="duplicate_account")


def _judged(wanted: WantedAccount, perimeter: Perimeter) -> WantedAccount:
    try:
        perimeter.check_account(wanted.account, wanted.name)
    except Forbidden as outside:
        return replace(wanted, state="outside_fence", reason=outside.detail)
    return wanted


class AccountOpener:
    """Opens the accounts of one session."""

    def __init__(
        self,
        sts: Sts,
        credentials: Credentials,
        caller: Caller,
        session_id: str,
        request: SessionRequest,
        seconds: int,
        *,
        broad_allowed: bool,
        perimeter: Perimeter,
    ) -> None:
        self._perimeter = perimeter
        self._sts, self._credentials, self._caller, self._seconds = sts, credentials, caller, seconds
        self._session_id, self._region, self._regions = session_id, request.region, request.regions
        self._broad_allowed = broad_allowed
        self._room = asyncio.Semaphore(PARALLEL_ACCOUNTS)

    async def open(self, wanted: Sequence[WantedAccount]) -> tuple[OpenedAccount, ...]:
        """Open all of them at the same time; none raises."""
        until = asyncio.get_running_loop().time() + SECONDS
        opened = await asyncio.gather(*(self._one(one, until) for one in wanted))
        log.info("accounts_opened", accounts=len(opened), ready=sum(one.is_ready for one in opened))
        return tuple(opened)

    async def _one(self, wanted: WantedAccount, until: float) -> OpenedAccount:
        if wanted.state != "ready":
            return OpenedAccount(_shown(wanted, wanted.state, wanted.reason))
        try:
            async with asyncio.timeout_at(until), self._room:
                return await self._ready(wanted)
        except TimeoutError:
            return OpenedAccount(_shown(wanted, "unavailable", f"it was not opened within {SECONDS:.0f} s"))
        except AssistantError as error:
            return OpenedAccount(_shown(wanted, state_after(error), error.detail), error=error)

    async def _ready(self, wanted: WantedAccount) -> OpenedAccount:
        try:
            return await self._opened(wanted)
        except AssistantError as error:
            if not error.retryable:
                raise
        await asyncio.sleep(RETRY_SECONDS)
        return await self._opened(wanted)

    async def _opened(self, wanted: WantedAccount) -> OpenedAccount:
        named = RoleRequest(
            wanted.role_arn,
            f"assistant-info-{self._session_id}",
            scoping.session_policy("info"),
            wanted.external_id,
            source_identity_of(self._caller.arn),
        )
        assumed, request = await assume_named(self._sts, self._credentials, self._region, named, self._seconds)
        notes = await check_role_alone(
            self._sts, assumed.credentials, wanted.role_arn, self._region, broad_allowed=self._broad_allowed
        )
        if request.source_identity is None:
            notes = [*notes, scoping.UNNAMED]
        wide = await widened(self._sts, self._credentials, self._region, request, assumed, self._seconds)
        assumed, notes = wide.assumed, [*notes, *wide.notes]
        regions = await self._enabled(assumed.credentials)
        within = await assume_fenced(
            self._sts, self._credentials, self._region, wide.request, self._perimeter, self._seconds
        )
        assumed = within or assumed
        shown = _shown(wanted, "ready", None).model_copy(update={"regions": regions, "notes": tuple(notes)})
        return OpenedAccount(shown, wanted.external_id, assumed.credentials, request.source_identity, wide.policy_arns)

    async def _enabled(self, credentials: Credentials) -> tuple[str, ...]:
        """The account's own regions where the request named none; empty for those of the session."""
        if self._regions:
            return ()
        try:
            return self._perimeter.regions(await self._sts.enabled_regions(credentials, self._region))
        except AssistantError as error:
            if error.retryable:
                raise
            log.info("account_regions_unknown", code=error.code)
            return ()


def _shown(wanted: WantedAccount, state: AccountState, reason: str | None) -> SessionAccount:
    return SessionAccount(
        account=wanted.account, name=wanted.name, state=state, reason=reason, role_arn=wanted.role_arn
    )
