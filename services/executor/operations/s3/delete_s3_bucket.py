"""Delete an S3 bucket that is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from services.executor.calls.observation import Happened, NotYet, Observation
from services.executor.calls.request import Request
from services.executor.operations.s3.bucket_names import BUCKET, check_bucket_name
from services.executor.operations.s3.bucket_state import bucket_in_use, bucket_owner, exists, tags_of
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext, StepContext
from services.executor.registry.cost import free
from services.executor.registry.declaration import operation
from services.executor.registry.facts import Question
from services.executor.registry.operation import Undo
from shared.errors import Conflict
from shared.messages import Effect, Message


class DeletedBucket(Message):
    """`region` is where it was, to make it again there."""

    bucket_name: str
    region: str
    deleted: Literal[True] = True


def _request(bucket_name: str) -> list[Request]:
    return [Request("s3", "DeleteBucket", {"Bucket": bucket_name})]


def _facts(bucket_name: str) -> list[Question]:
    return [bucket_owner.about(bucket_name), bucket_in_use.about(bucket_name)]


def _rule(state: AccountState, bucket_name: str) -> None:
    state.must_exist(f"bucket {bucket_name}", bucket_owner, bucket_name)
    if state.get(bucket_owner, bucket_name) == "theirs":
        raise Conflict(f"there is no bucket {bucket_name} in this account; it is another's", code="missing_resource")
    if state.get(bucket_in_use, bucket_name):
        raise Conflict(
            f"the bucket {bucket_name} is not empty (versions and delete markers count); empty it first",
            code="bucket_not_empty",
        )
    state.put(bucket_owner, bucket_name, value=None)


def _drift(context: StepContext, result: Mapping[str, Any]) -> str | None:
    name, region = str(result["bucket_name"]), str(result["region"])
    taken = exists(context.aws.client("s3", region), name)
    return f"there is a bucket {name} again" if taken else None


@operation(
    effect=Effect.WRITE,
    title="Delete the S3 bucket {bucket_name}",
    iam={
        "s3:DeleteBucket": (BUCKET,),
        "s3:GetBucketLocation": (BUCKET,),
        "s3:GetBucketTagging": (BUCKET,),
        "s3:ListBucket": (BUCKET,),
    },
    check=check_bucket_name,
    requests=_request,
    conflicts=Conflicts(facts=_facts, rule=_rule),
    cost=free("Deleting an empty bucket costs nothing.", "https://aws.amazon.com/s3/pricing/", "once"),
    deletes=True,
    reversible="partly",
    undo=Undo(
        "create_s3_bucket",
        {"bucket_name": "bucket_name", "region": "region"},
        note="an empty bucket of that name, without its settings, and only while nobody else has taken the name",
    ),
    drift=_drift,
)
def delete_s3_bucket(context: OperationContext, bucket_name: str) -> DeletedBucket:
    """Delete an S3 bucket, which must be empty. Its region is found.

    Args:
        bucket_name: Name of the bucket.
    """

    def bucket() -> dict[str, Any]:
        location = context.aws.client("s3").get_bucket_location(Bucket=bucket_name).get("LocationConstraint")
        # us-east-1 has no name here and eu-west-1 an old one:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
        region = {None: "us-east-1", "EU": "eu-west-1"}.get(location, location)
        return {"region": region, "tags": tags_of(context.aws.client("s3", region), bucket_name)}

    prior = context.calls.remember("prior", bucket)
    s3 = context.aws.client("s3", prior["region"])

    def probe() -> Observation:
        # Another bucket of that name means that this one is gone.
        there = exists(s3, bucket_name) and tags_of(s3, bucket_name) == prior["tags"]
        return NotYet() if there else Happened()

    context.calls.once(Request("s3", "DeleteBucket", {"Bucket": bucket_name}, prior["region"]), probe)
    return DeletedBucket(bucket_name=bucket_name, region=prior["region"])
