"""The roles of the account that a trust policy lets in: IAM refuses one that does not exist as an invalid principal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.executor.operations.iam.documents import Source, trust_policy
from services.executor.operations.iam.role_state import role_trust
from services.executor.registry.account_state import AccountState
from services.executor.registry.location import Location
from shared.errors import InvalidArguments
from shared.iam.policy_json import as_list, texts


def trusted_roles(policy_document: Source, location: Location) -> list[str]:
    """The names of this account's roles among the principals; none of a document that only a step will give."""
    try:
        document = trust_policy(policy_document, "policy_document")
    except InvalidArguments:
        return []
    pattern = re.compile(rf"arn:{re.escape(location.partition)}:iam::{location.account}:role/(?:[^*?]*/)?([\w+=,.@-]+)")
    found = (pattern.fullmatch(arn) for arn in _principals(document))
    return list(dict.fromkeys(match[1] for match in found if match))


def check_trusted_roles(state: AccountState, policy_document: Source) -> None:
    """Raise Conflict (`missing_resource`) where the trust policy names a role of the account that is not there."""
    for name in trusted_roles(policy_document, state.location):
        what = f"role {name}, which policy_document names: IAM takes only principals that exist when it is called"
        state.must_exist(what, role_trust, name)


def _principals(document: dict[str, object]) -> Iterator[str]:
    for statement in as_list(document.get("Statement")):
        principal = statement.get("Principal") if isinstance(statement, dict) else None
        if isinstance(principal, dict):
            yield from texts(as_list(principal.get("AWS")))
