"""What a step starts to cost: only what AWS publishes as free, for the rest "unknown"; no price is guessed."""

from __future__ import annotations

from shared.messages import Cost

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction.html"
_S3 = "https://aws.amazon.com/s3/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"


def _free(note: str, source: str, per: str = "month") -> Cost:
    return Cost(amount="0.00", per=per, note=note, source=source)


_ROLES = _free("IAM is free of charge.", _IAM)

# By operation, from the pages named; what a page says today is what counts.
COSTS = {
    "create_iam_role": _ROLES,
    "delete_iam_role": _ROLES,
    "assign_policy_to_role": _ROLES,
    "detach_policy_from_role": _ROLES,
    "create_s3_bucket": _free("A bucket costs nothing; what is stored in it and requests do.", _S3),
    "delete_s3_bucket": _free("Deleting an empty bucket costs nothing.", _S3, "once"),
    "create_lambda_function": _free("A function costs nothing until it is invoked.", _LAMBDA),
    "delete_lambda_function": _free("Deleting a function costs nothing.", _LAMBDA, "once"),
}
UNKNOWN = Cost(note="Not known: look at AWS's price list.")


def cost_of(operation: str) -> Cost:
    """What a step of this operation starts to cost."""
    return COSTS.get(operation, UNKNOWN)
