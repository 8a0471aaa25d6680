"""Which of the session's accounts a proposal is to change: with several it has to be named, and is never guessed."""

from __future__ import annotations

from services.executor.context import ExecutorContext
from shared.errors import InvalidArguments
from shared.sessions.accounts import find, listed


def in_named_account(context: ExecutorContext, wanted: str | None) -> ExecutorContext:
    """The context in the account of this id or name; without one in the session's own, where it has only that.

    Raises InvalidArguments (`account_required`, `unknown_account`, `ambiguous_account`), and what
    `accounts.unusable` returns for an account that is not ready.
    """
    accounts = context.aws.session.all_accounts
    if wanted is None:
        if len(accounts) > 1:
            raise InvalidArguments(
                f"the session holds several accounts: name the one to change; it has {listed(accounts)}",
                code="account_required",
            )
        return context
    return context.in_account(find(accounts, wanted).account)
