"""Lets all credentials share one boto3 client per service and region; a client takes 30 ms and a megabyte to make.

A session of a hundred accounts in seventeen regions would otherwise need 1,700 clients of EC2 alone. `bind` makes a
light copy of a client, with the same fields and credentials of its own, which it gives to botocore for the time of each
call. The shared client has no credentials: what is signed outside of a bound client's call fails.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from botocore.credentials import Credentials as BotocoreCredentials
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

from shared.sessions.credentials import Credentials

# Called before each call with botocore's names of service and operation, and the client's region; may raise.
CheckCall = Callable[[str, str, str], None]

_current: ContextVar[ReadOnlyCredentials | None] = ContextVar("aws_credentials", default=None)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a bound client's calls are for: the account they are about, and until when (Unix seconds). Checks each."""

    account: str
    deadline: float
    check: CheckCall | None = None

    def __call__(self, service: str, operation: str, region: str) -> None:
        if self.check is not None:
            self.check(service, operation, region)


_scope: ContextVar[Scope | None] = ContextVar("aws_scope", default=None)


def current_scope() -> Scope | None:
    """What the call is for that this thread makes now; None where its client was not bound with a `Scope`."""
    return _scope.get()


class CurrentCredentials(BotocoreCredentials):  # type: ignore[misc]  # botocore has no types
    """What botocore signs with: the credentials of the bound client whose call this is, in this thread."""

    def __init__(self) -> None:
        super().__init__("", "", "", method="bound")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Raises NoCredentialsError outside of a bound client's call."""
        current = _current.get()
        if current is None:
            raise NoCredentialsError
        return current


def bindable(client: Any) -> type[Any]:
    """The class of the clients that are bound to this one, whose session signs with `CurrentCredentials`."""

    class Bound(type(client)):  # type: ignore[misc]  # botocore makes a class for every client
        _bound: ReadOnlyCredentials
        _check: CheckCall | None

        def _make_api_call(self, operation_name: str, api_params: dict[str, Any]) -> Any:
            if self._check is not None:
                self._check(self.meta.service_model.service_name, operation_name, self.meta.region_name)
            credentials = _current.set(self._bound)
            scope = _scope.set(self._check if isinstance(self._check, Scope) else None)
            try:
                return super()._make_api_call(operation_name, api_params)
            finally:
                _scope.reset(scope)
                _current.reset(credentials)

    Bound.__name__ = Bound.__qualname__ = type(client).__name__
    return Bound


def bind(client: Any, made: type[Any], credentials: Credentials, check: CheckCall | None) -> Any:
    """A client of the class that `bindable` made, with these credentials."""
    bound = object.__new__(made)
    bound.__dict__.update(client.__dict__)
    bound.__dict__["_bound"] = ReadOnlyCredentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    bound.__dict__["_check"] = check
    return bound
