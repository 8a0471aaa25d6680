"""Whose something is: the IAM principal that opened the session which made it, and not that one session.

A user is known by its unique id (AIDA…), a role by its own (AROA…). Both outlive a new login, and no successor of the
same name has them: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids.
Whoever assumes a role chooses the name of the role's session, so that name says nothing, unless an identity provider
sets it; for which roles that is so nothing of AWS's answer tells, and the operator says it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.aws.arns import matches
from shared.messages import Owner

_USER = re.compile(r"AIDA[A-Z0-9]{12,124}")
_ROLE_SESSION = re.compile(r"(AROA[A-Z0-9]{12,124}):(.+)")
_ROLE_SESSION_ARN = re.compile(r"arn:aws[a-z-]*:sts::\d{12}:assumed-role/([^/]+)/(.+)")


def owner_of(account: str, user_id: str, caller_arn: str, named_roles: Sequence[str] = ()) -> Owner | None:
    """The owner of what a session makes in `account` that this caller opens; None for one without an id.

    `user_id` and `caller_arn` are what GetCallerIdentity answers. `named_roles` are patterns of the names of roles
    whose sessions an identity provider names: there each name is an owner, elsewhere all sessions of a role are one.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable.

    None is the answer for federated users (GetFederationToken): the caller chooses their name, and nobody tells who
    that was.
    """
    if _USER.fullmatch(user_id):
        return Owner(account=account, principal=user_id)
    session, role = _ROLE_SESSION.fullmatch(user_id), _ROLE_SESSION_ARN.fullmatch(caller_arn)
    if not session or not role:
        return None
    named = role[2] == session[2] and any(matches(pattern, role[1]) for pattern in named_roles)
    return Owner(account=account, principal=user_id if named else session[1])
