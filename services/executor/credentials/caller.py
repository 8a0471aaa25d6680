"""The principal a plan would run as, and an IAM client to read its policies: for the permission check of a proposal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from shared.aws.clients import Aws
from shared.iam.gather import identity_of
from shared.sessions.credentials import Credentials
from shared.sessions.role_sessions import session_name

# Reads policies and asks AWS about them, whatever else the role may do.
READING_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy"], "Resource": "*"}
        ],
    },
    separators=(",", ":"),
)
DURATION_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Principal:
    """The user or role whose policies decide, and an IAM client with its credentials.

    `source_arn` is what SimulatePrincipalPolicy takes; None for a role's session, whose ARN lacks the role's path.
    """

    arn: str
    source_arn: str | None
    iam: Any

    @property
    def user_name(self) -> str | None:
        kind, name = identity_of(self.arn)
        return name if kind == "user" else None


def principal_of(aws: Aws, purpose: str) -> Principal:
    """The role that the session assumes, under a policy that only reads IAM; else the caller itself.

    Raises botocore's errors where the role cannot be assumed, and NotAnIdentity for a caller without policies.
    """
    session = aws.session
    if session.role_arn is None:
        kind, _ = identity_of(aws.info.caller_arn)
        source = aws.info.caller_arn if ":iam::" in aws.info.caller_arn and kind in ("user", "role") else None
        return Principal(aws.info.caller_arn, source, aws.client("iam"))
    external = {"ExternalId": session.external_id} if session.external_id else {}
    answer = aws.client("sts").assume_role(
        RoleArn=session.role_arn,
        RoleSessionName=session_name(purpose),
        Policy=READING_POLICY,
        DurationSeconds=DURATION_SECONDS,
        **external,
    )["Credentials"]
    credentials = Credentials(
        access_key_id=answer["AccessKeyId"],
        secret_access_key=answer["SecretAccessKey"],
        session_token=answer["SessionToken"],
        expires_at=answer["Expiration"].timestamp(),
    )
    iam = aws.cache.client(credentials, "iam", aws.info.region)
    return Principal(session.role_arn, session.role_arn, iam)
