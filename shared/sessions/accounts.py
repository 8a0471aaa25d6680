"""The accounts of a session: how each stands, and which of them a question or a plan is about.

A session has a main account, in which it was opened, and up to 99 more. Whoever holds credentials of them finds them in
its `AgentSession.accounts` (`shared/sessions/credentials.py`), the main one first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeVar

from shared.errors import AssistantError, Forbidden, InvalidArguments, Unavailable

# ready: its role was assumed and checked. The other states are why it cannot be used in the session.
AccountState = Literal[
    "ready", "denied", "too_broad", "suspended", "throttled", "unavailable", "outside_fence", "over_limit"
]
MAX_ACCOUNTS = 100
_CODES: dict[AccountState, str] = {
    "denied": "account_denied",
    "too_broad": "account_too_broad",
    "suspended": "account_suspended",
    "throttled": "account_throttled",
    "unavailable": "account_unavailable",
    "outside_fence": "account_outside_fence",
    "over_limit": "account_over_limit",
}
_STATES: dict[str, AccountState] = {
    "account_outside_fence": "outside_fence",
    "credentials_too_broad": "too_broad",
    "aws_throttled": "throttled",
}
# Of the accounts that a message names.
_NAMED = 10


class NamedAccount(Protocol):
    """An account of a session, whatever else is known of it."""

    @property
    def account(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def state(self) -> AccountState: ...
    @property
    def reason(self) -> str | None: ...


A = TypeVar("A", bound=NamedAccount)


def label(account: NamedAccount) -> str:
    """ "prod (111122223333)", or the id alone."""
    return f"{account.name} ({account.account})" if account.name else account.account


def find(accounts: Sequence[A], wanted: str) -> A:
    """The account of that id, or of that name in any case.

    Raises InvalidArguments (`unknown_account`, `ambiguous_account`) with what to name instead.
    """
    name = wanted.strip()
    found = [one for one in accounts if one.account == name] or [
        one for one in accounts if one.name and one.name.casefold() == name.casefold()
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.account for one in found)
        raise InvalidArguments(
            f"several accounts of this session are named {wanted!r}: {ids}; name one by its id",
            code="ambiguous_account",
        )
    raise InvalidArguments(
        f"this session has no account {wanted!r}; it has {listed(accounts)}",
        code="unknown_account",
    )


def select(accounts: Sequence[A], wanted: Sequence[str] | None) -> tuple[A, ...]:
    """The accounts of those ids or names, each once; all where none is named. Raises as `find` does."""
    if not wanted:
        return tuple(accounts)
    return tuple({one.account: one for one in (find(accounts, name) for name in wanted)}.values())


def listed(accounts: Sequence[NamedAccount]) -> str:
    """The first accounts in words, for a message."""
    more = len(accounts) - _NAMED
    return ", ".join(label(one) for one in accounts[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def state_after(error: AssistantError) -> AccountState:
    """How an account stands whose role was not assumed, or not accepted, because of this error."""
    return _STATES.get(error.code, "unavailable" if error.retryable else "denied")


def unusable(account: NamedAccount) -> AssistantError:
    """Why an account that is not ready cannot be used: `account_denied`, `account_suspended` and so on."""
    why = account.reason or "its role could not be assumed"
    detail = f"account {label(account)} cannot be used in this session: {why}"
    code = _CODES.get(account.state, "account_unavailable")
    if account.state in ("throttled", "unavailable"):
        return Unavailable(detail, code=code)
    return Forbidden(detail, code=code)
