"""Lambda's check of a function's role: it must exist, trust Lambda, and not be brand-new."""

from collections.abc import Mapping
from typing import Any

from sandbox.aws.iam.identities import Identities, role_age_seconds
from sandbox.aws.iam.principals import trusts_service
from sandbox.aws.protocol.errors import AwsError

CHECKED_OPERATIONS = frozenset({"CreateFunction", "UpdateFunctionConfiguration"})


def check_lambda_role(identities: Identities, params: Mapping[str, Any], delay_seconds: float) -> None:
    """Raise InvalidParameterValueException when Lambda could not assume the role.

    IAM is eventually consistent: for a few seconds Lambda does not see a new role, so callers must retry.
    """
    arn = params.get("Role")
    if not arn:
        return
    role = identities.role(str(arn))
    if (
        role is None
        or role.arn != arn
        or not trusts_service(str(role.assume_role_policy_document), "lambda.amazonaws.com")
        or role_age_seconds(role) < delay_seconds
    ):
        raise AwsError(
            "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
        )
