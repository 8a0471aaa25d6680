"""STS AssumeRole with the role that the session was opened with: credentials for a time, narrowed by session policies.

Whoever calls it says what for: a plan's run, one read of logs, or new credentials for another agent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import Aws, translate
from shared.sessions.credentials import Credentials

# Of a plan's credentials: above the longest run of a plan (15 minutes) and its undoing.
DURATION_SECONDS = 1800
# The most that AWS gives a session of a role that a role's session assumes.
LONGEST_DURATION_SECONDS = 3600


def assume(aws: Aws, name: str, policy: str, seconds: int, policy_arns: Sequence[str] = ()) -> Credentials:
    """A session of the session's role under session policies; CloudTrail shows its name and its source identity.

    It may do what `policy`, or a managed policy of `policy_arns`, allows and none of them denies.
    """
    session = aws.session
    optional: dict[str, Any] = {"ExternalId": session.external_id, "SourceIdentity": session.source_identity}
    optional["PolicyArns"] = [{"arn": arn} for arn in policy_arns]
    try:
        answer = aws.client("sts").assume_role(
            RoleArn=session.role_arn,
            RoleSessionName=name,
            Policy=policy,
            DurationSeconds=seconds,
            **{key: value for key, value in optional.items() if value},
        )["Credentials"]
    except (ClientError, BotoCoreError) as error:
        raise translate(error) from error
    return Credentials(
        access_key_id=answer["AccessKeyId"],
        secret_access_key=answer["SecretAccessKey"],
        session_token=answer["SessionToken"],
        expires_at=answer["Expiration"].timestamp(),
    )
