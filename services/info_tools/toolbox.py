"""The informational agent's toolbox, in a module of its own so that every tool module can register in it.

Every tool is written for one account. Registered, it also takes `accounts`, and where the session holds several it runs
in each of them at the same time:

- an answer that derives from `Combined` (`combined.py`) becomes one of that model, its rows with their account, its
  totals over all accounts, and each account's own figures under `accounts`;
- any other answer, such as one role's description, becomes `{"accounts": [{"account", "name", "result"}]}`.

Where the session has one account a tool answers as it does by itself, and so does one that is asked for one account and
whose answer is no `Combined`. A tool that calls no AWS, or that reads accounts in a way of its own (with
`aws.over_accounts`), registers with `over_accounts=False`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, Generic, TypeVar, get_type_hints

from services.info_tools.aws import over_accounts as in_each_account
from services.info_tools.aws import read_account
from services.info_tools.combined import Combined
from services.info_tools.sharing.kinds import Kind, Reading, register
from shared.aws.clients import Aws
from shared.messages import Effect, Message
from shared.tools import Toolbox, arguments_model

Answer = TypeVar("Answer")

ARGUMENT = "accounts"
_DESCRIBED = "Accounts to search, by id or name; all of the session's when left out."


class OfAccount(Message, Generic[Answer]):
    """What one account answered."""

    account: str
    name: str | None
    result: Answer


class ByAccount(Message, Generic[Answer]):
    """The accounts that answered; one that did not is a gap."""

    accounts: tuple[OfAccount[Answer], ...]


class ReadToolbox(Toolbox):
    """A toolbox whose tools run in every account of the session."""

    def tool(
        self,
        *,
        effect: Effect,
        iam_actions: tuple[str, ...] = (),
        timeout: float = 60.0,
        internal: bool = False,
        resumable: bool = False,
        standing: bool = False,
        over_accounts: bool = True,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """As `Toolbox.tool`. The function itself is returned as it is: it reads the account of its `Aws`."""
        register = super().tool(
            effect=effect,
            iam_actions=iam_actions,
            timeout=timeout,
            internal=internal,
            resumable=resumable,
            standing=standing,
        )

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            register(_over_accounts(function) if over_accounts else function)
            return function

        return decorate


def _over_accounts(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with one argument more, `accounts`."""
    returned = get_type_hints(function)["return"]
    kind = _kind_of(function, returned)
    combines = isinstance(returned, type) and issubclass(returned, Combined)

    @wraps(function)
    def everywhere(aws: Aws, accounts: Sequence[str] | None = None, **arguments: Any) -> Any:
        if len(aws.session.all_accounts) == 1 and not accounts:
            return function(aws, **arguments)
        read = Reading(kind, arguments, kind.make(aws, **arguments))
        found = in_each_account(aws, accounts, read)
        if combines:
            return returned.combined(found)
        if accounts and len(accounts) == 1:
            return found[0][1]
        return ByAccount(
            accounts=tuple(OfAccount(account=one.account, name=one.name, result=part) for one, part in found)
        )

    signature = inspect.signature(function)
    added = inspect.Parameter(ARGUMENT, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=list[str] | None)
    everywhere.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), added]
    )
    everywhere.__annotations__ = {
        **function.__annotations__,
        ARGUMENT: list[str] | None,
        "return": returned if combines else returned | ByAccount[returned],  # type: ignore[valid-type]
    }
    text = inspect.getdoc(function) or ""
    everywhere.__doc__ = f"{text}{'' if 'Args:' in text else chr(10) * 2 + 'Args:'}\n    {ARGUMENT}: {_DESCRIBED}"
    return everywhere


def _kind_of(function: Callable[..., Any], returned: Any) -> Kind:
    """One account of the session as a part that another worker can read: with the tool itself."""

    def in_account(aws: Aws, **arguments: Any) -> Callable[[str], Any]:
        return partial(read_account, aws, lambda its: function(its, **arguments))

    return register(
        f"{function.__name__} in an account",
        in_account,
        arguments_model(function, {}),
        item=str,
        found=returned,
        calls=lambda aws: len(aws.info.regions),
        is_one_thread=False,
    )


toolbox = ReadToolbox("info")
