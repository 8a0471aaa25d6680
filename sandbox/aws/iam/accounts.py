"""The accounts of the double: each has identities of its own, and rules that are decided from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.aws.iam.actions import Permissions
from sandbox.aws.iam.authorize import Authorizer
from sandbox.aws.iam.identities import Identities
from sandbox.aws.iam.missing_operations import MissingOperations
from sandbox.aws.iam.principals import Principal


@dataclass(frozen=True)
class Account:
    """What decides the requests of one account's principals."""

    identities: Identities
    authorizer: Authorizer
    permissions: Permissions
    missing_operations: MissingOperations

    @classmethod
    def of(cls, identities: Identities) -> Account:
        return cls(identities, Authorizer(identities), Permissions(identities), MissingOperations(identities))


class Accounts:
    """Every account by its id; the first is the one that long-term keys are of."""

    def __init__(self, first: Identities, others: Iterable[str] = ()) -> None:
        self.first = first
        made = [first, *(Identities(account) for account in others)]
        self._by_id = {identities.account: Account.of(identities) for identities in made}

    def of(self, principal: Principal) -> Account:
        """The account whose principal this is."""
        return self._by_id[principal.account]

    def of_role(self, role_arn: str) -> Account | None:
        """The account that an ARN of a role names; None where there is none."""
        parts = role_arn.split(":")
        return self._by_id.get(parts[4]) if len(parts) > 4 else None
