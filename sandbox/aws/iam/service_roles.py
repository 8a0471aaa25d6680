"""Sessions of roles that a service of AWS assumes, because its caller passed it the role."""

from __future__ import annotations

from sandbox.aws.iam.accounts import Accounts
from sandbox.aws.iam.principals import Principal, trusts_service
from sandbox.aws.iam.sessions import Sessions
from sandbox.aws.protocol.errors import AwsError

_SECONDS = 3600


def assumed(accounts: Accounts, sessions: Sessions, caller: Principal, role_arn: str, service: str) -> Principal:
    """The session of a role of the caller's account; whether it may pass the role was checked before.

    Raises InvalidRequestException where the service cannot assume the role.
    """
    role = accounts.of(caller).identities.role(role_arn)
    if role is None or role.arn != role_arn or not trusts_service(str(role.assume_role_policy_document), service):
        raise AwsError("InvalidRequestException", f"Role {role_arn} is invalid or cannot be assumed")
    name = service.partition(".")[0]
    principal = Principal(
        kind="role",
        account=caller.account,
        name=role.name,
        arn=f"arn:aws:sts::{caller.account}:assumed-role/{role.name}/{name}",
        identity_arn=role.arn,
        user_id=f"{role.id}:{name}",
        access_key_id="",
        secret_access_key="",
    )
    opened = sessions.open(principal, "AssumeRole", _SECONDS)
    return sessions.caller(opened.access_key_id, opened.session_token)
