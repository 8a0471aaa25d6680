"""Changes, of which the plan is judged: its operations and arguments. None is approved."""

from __future__ import annotations

from sandbox.aws.account.organization import STAGING
from tests.evaluation.answers.question import Question

_READ_S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

QUESTIONS = (
    Question(
        "Create an S3 bucket named eval-reports-2026 in eu-west-1.",
        plan=(("create_s3_bucket", {"bucket_name": "eval-reports-2026", "region": "eu-west-1"}),),
    ),
    Question(
        "Delete the bucket acme-staging-empty.",
        plan=(("delete_s3_bucket", {"bucket_name": "acme-staging-empty"}),),
    ),
    Question(
        f"Attach the managed policy {_READ_S3} to the role lambda-basic-execution.",
        plan=(("assign_policy_to_role", {"role_name": "lambda-basic-execution", "policy_arn": _READ_S3}),),
    ),
    Question(
        "Create a role eval-reader that Lambda can assume, and attach AmazonS3ReadOnlyAccess to it.",
        plan=(("create_iam_role", {"name": "eval-reader"}), ("assign_policy_to_role", {"policy_arn": _READ_S3})),
    ),
    Question(
        f"Create the bucket eval-staging-2026 in eu-central-1 in account {STAGING.name}.",
        plan=(("create_s3_bucket", {"bucket_name": "eval-staging-2026", "region": "eu-central-1"}),),
        everywhere=True,
    ),
)
