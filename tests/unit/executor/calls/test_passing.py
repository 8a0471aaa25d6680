"""Which refusals of AWS pass by themselves, and which of them only for what was made or removed lately."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from services.executor.calls.passing import PASSING, Patience, Wait, wait_for
from services.executor.calls.recent import RECENT_SECONDS, Recent
from services.executor.calls.request import Request

NOW = 1_000_000.0
ROLE_ARN = "arn:aws:iam::123456789012:role/reader"
ATTACH = Request("iam", "AttachRolePolicy", {"RoleName": "reader", "PolicyArn": "arn:aws:iam::aws:policy/X"})
TRUSTS = Request("iam", "CreateRole", {"RoleName": "other", "AssumeRolePolicyDocument": f'{{"AWS": "{ROLE_ARN}"}}'})
BUCKET = Request("s3", "CreateBucket", {"Bucket": "a-bucket"})
DELETE_ROLE = Request("iam", "DeleteRole", {"RoleName": "reader"})
FUNCTION = Request("lambda", "CreateFunction", {"FunctionName": "hello", "Role": ROLE_ARN})
UPDATE = Request("lambda", "UpdateFunctionCode", {"FunctionName": "hello"})


def refused(code: str, message: str = "no", status: int = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")  # type: ignore[arg-type]  # as much of it as is read


def lately(action: str = "create_iam_role", seconds: float = 5, **values: str) -> Recent:
    recent = Recent(NOW)
    recent.add(action, values or {"role_name": "reader", "arn": ROLE_ARN}, NOW - seconds)
    return recent


PASSES = {
    "throttling": (ATTACH, refused("Throttling"), Recent(NOW), Patience.USUAL),
    "throttling that only the status tells": (ATTACH, refused("Odd", status=429), Recent(NOW), Patience.USUAL),
    "a change at the same time": (ATTACH, refused("ConcurrentModification", status=409), Recent(NOW), Patience.USUAL),
    "a limit that is one of requests": (
        ATTACH,
        refused("LimitExceededException", "Rate exceeded"),
        Recent(NOW),
        Patience.USUAL,
    ),
    "a role that is busy": (ATTACH, refused("EntityTemporarilyUnmodifiable"), Recent(NOW), Patience.USUAL),
    "a name that S3 is not done with": (BUCKET, refused("OperationAborted", status=409), Recent(NOW), Patience.NAME),
    "a bucket that is busy": (
        Request("s3", "PutBucketTagging", {"Bucket": "a-bucket"}),
        refused("OperationAborted", status=409),
        Recent(NOW),
        Patience.USUAL,
    ),
    "a principal made moments ago": (
        TRUSTS,
        refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{ROLE_ARN}"'),
        lately(),
        Patience.USUAL,
    ),
    "a role that Lambda does not know": (
        FUNCTION,
        refused("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
        Recent(NOW),
        Patience.USUAL,
    ),
    "a function that is being changed": (
        UPDATE,
        refused("ResourceConflictException", "An update is in progress for resource: arn", 409),
        Recent(NOW),
        Patience.USUAL,
    ),
    "a role that was made moments ago": (ATTACH, refused("NoSuchEntity", status=404), lately(), Patience.USUAL),
    "a bucket that was made moments ago": (
        Request("s3", "PutBucketTagging", {"Bucket": "a-bucket"}),
        refused("NoSuchBucket", status=404),
        lately("create_s3_bucket", bucket_name="a-bucket"),
        Patience.USUAL,
    ),
    "a function that was made moments ago": (
        UPDATE,
        refused("ResourceNotFoundException", status=404),
        lately("create_lambda_function", function_name="hello"),
        Patience.USUAL,
    ),
    "a role whose policy was detached": (
        DELETE_ROLE,
        refused("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409),
        lately("detach_policy_from_role", role_name="reader"),
        Patience.USUAL,
    ),
    "a denial about what was made moments ago": (
        FUNCTION,
        refused("AccessDeniedException", f"is not authorized to perform: iam:PassRole on resource: {ROLE_ARN}", 403),
        lately(),
        Patience.BRIEF,
    ),
    "credentials that are new": (
        BUCKET,
        refused("InvalidAccessKeyId", status=403),
        Recent(NOW, assumed_at=NOW - 3),
        Patience.BRIEF,
    ),
    "a queue whose name was deleted": (
        Request("sqs", "CreateQueue", {"QueueName": "q"}),
        refused("AWS.SimpleQueueService.QueueDeletedRecently"),
        Recent(NOW),
        Patience.NAME,
    ),
    "a stream's own throttling, by botocore's table": (
        Request("kinesis", "CreateStream", {}),
        refused("LimitExceededException"),
        Recent(NOW),
        Patience.USUAL,
    ),
}


@pytest.mark.parametrize("case", PASSES)
def test_a_refusal_that_passes_by_itself_is_waited_for(case: str) -> None:
    request, error, recent, patience = PASSES[case]
    wait = wait_for(request, error, recent)
    assert isinstance(wait, Wait)
    assert wait.patience is patience


FINAL = {
    "a role that nobody made lately": (ATTACH, refused("NoSuchEntity", status=404), Recent(NOW)),
    "a role that was made long ago": (
        ATTACH,
        refused("NoSuchEntity", status=404),
        lately(seconds=RECENT_SECONDS + 1),
    ),
    "another role than the one made lately": (
        Request("iam", "AttachRolePolicy", {"RoleName": "reader-2"}),
        refused("NoSuchEntity", "The role with name reader-2 cannot be found.", 404),
        lately(),
    ),
    "a principal that nobody made": (TRUSTS, refused("MalformedPolicyDocument", "Invalid principal"), Recent(NOW)),
    "a document that is malformed": (TRUSTS, refused("MalformedPolicyDocument", "Syntax errors in policy."), lately()),
    "a function that exists": (
        FUNCTION,
        refused("ResourceConflictException", "Function already exist: hello", 409),
        Recent(NOW),
    ),
    "a policy of somebody else's on the role": (DELETE_ROLE, refused("DeleteConflict", status=409), lately()),
    "a denial": (ATTACH, refused("AccessDenied", status=403), Recent(NOW)),
    "a limit of IAM": (ATTACH, refused("LimitExceeded", status=409), Recent(NOW)),
    "a limit that only for streams is throttling": (
        Request("kms", "CreateKey", {}),
        refused("LimitExceededException"),
        Recent(NOW),
    ),
    "credentials that were good for minutes": (
        BUCKET,
        refused("InvalidAccessKeyId", status=403),
        Recent(NOW, assumed_at=NOW - 300),
    ),
    "a value that is the name of what was made, and means something else": (
        ATTACH,
        refused("ValidationError", "1 validation error detected"),
        lately(),
    ),
}


@pytest.mark.parametrize("case", FINAL)
def test_any_other_refusal_is_final(case: str) -> None:
    assert wait_for(*FINAL[case]) is None


def test_what_is_waited_for_is_said_in_words() -> None:
    wait = wait_for(ATTACH, refused("NoSuchEntity", status=404), lately())
    assert wait is not None
    assert wait.waiting_for == "AWS to know reader"


def test_every_kind_has_a_page_of_aws_as_its_source() -> None:
    assert {kind.source.split("/")[2] for kind in PASSING} == {"docs.aws.amazon.com"}


def test_what_was_removed_is_no_longer_made() -> None:
    recent = lately()
    recent.add("delete_iam_role", {"role_name": "reader"}, NOW - 1)
    assert recent.at("reader") == NOW - 1
    assert recent.concerned("removed", DELETE_ROLE.parameters, "") == "reader"


def test_what_was_taken_away_and_put_back_is_made_and_what_was_made_and_taken_back_is_removed() -> None:
    recent = Recent(NOW)
    recent.add("delete_iam_role", {"role_name": "put-back"}, NOW - 9, undone=True)
    recent.add("create_iam_role", {"name": "taken-back"}, NOW - 9, undone=True)

    assert (set(recent.made), set(recent.removed)) == ({"put-back"}, {"taken-back"})
