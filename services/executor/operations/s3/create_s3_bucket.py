"""Create an S3 bucket, with tags that say which plan made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.calls.request import Request
from services.executor.operations import tags as marks
from services.executor.operations.s3.bucket_names import BUCKET, check_bucket_name
from services.executor.operations.s3.bucket_state import (
    DENIED,
    bucket_in_use,
    bucket_owner,
    bucket_region,
    exists,
    holds_anything,
    tags_of,
)
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext, StepContext
from services.executor.registry.cost import free
from services.executor.registry.declaration import operation
from services.executor.registry.drift import Drift, Moved, back, gone, together
from services.executor.registry.location import Location, check_region
from services.executor.registry.operation import Undo
from shared.aws.clients import error_code
from shared.errors import Conflict, Forbidden
from shared.messages import Effect, Message


class CreatedBucket(Message):
    bucket_name: str
    arn: str
    region: str


def _check(bucket_name: str, region: str, location: Location) -> None:
    check_bucket_name(bucket_name)
    check_region(region, location.partition)


def _request(bucket_name: str, region: str, tags: Mapping[str, str]) -> list[Request]:
    configuration: dict[str, Any] = {"Tags": marks.as_list(tags)}
    # us-east-1 is the one region that must not be named.
    if region != "us-east-1":
        configuration["LocationConstraint"] = region
    parameters = {"Bucket": bucket_name, "CreateBucketConfiguration": configuration}
    return [Request("s3", "CreateBucket", parameters, region)]


def _rule(state: AccountState, bucket_name: str, region: str) -> None:
    if state.get(bucket_owner, bucket_name) == "theirs":
        raise Conflict(
            f"the bucket name {bucket_name} is taken by another account; choose another: it is unique in all of AWS",
            code="name_taken",
        )
    state.must_be_free(f"the bucket {bucket_name}", bucket_owner, bucket_name)
    state.put(bucket_owner, bucket_name, value="mine")
    state.put(bucket_in_use, bucket_name, value=False)
    state.put(bucket_region, bucket_name, value=region)


def _drift(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    name, region = str(result["bucket_name"]), str(result["region"])
    s3, what = context.aws.client("s3", region), f"the bucket {name}"
    there = exists(s3, name)
    if context.undone:
        return back(f"a bucket {name}") if there else None
    return together(_differences(context, s3, what, result)) if there else gone(what)


def _differences(context: StepContext, s3: Any, what: str, result: Mapping[str, Any]) -> Iterator[Drift]:
    name = str(result["bucket_name"])
    tags = marks.drift(context, what, str(result["arn"]), tags_of(s3, name))
    if tags is not None:
        yield tags
    if holds_anything(s3, name):
        yield Drift(f"{what} is not empty any more", (Moved("/Contents", "empty", "not empty"),))


@operation(
    effect=Effect.WRITE,
    title="Create the S3 bucket {bucket_name} in {region}",
    iam={
        "s3:CreateBucket": (BUCKET,),
        "s3:TagResource": (BUCKET,),
        "s3:ListBucket": (BUCKET,),
        "s3:GetBucketTagging": (BUCKET,),
        "s3:ListBucketVersions": (BUCKET,),
    },
    expects={"arn": BUCKET},
    check=_check,
    requests=_request,
    conflicts=Conflicts(facts=lambda bucket_name: [bucket_owner.about(bucket_name)], rule=_rule),
    cost=free("A bucket costs nothing; what is stored in it and requests do.", "https://aws.amazon.com/s3/pricing/"),
    deletes=False,
    reversible="yes",
    undo=Undo("delete_s3_bucket", {"bucket_name": "bucket_name"}, note="only while the bucket is empty"),
    drift=_drift,
    compares="whether it is there, its tags, whether it holds anything",
)
def create_s3_bucket(context: OperationContext, bucket_name: str, region: str) -> CreatedBucket:
    """Create an S3 bucket. Public access is blocked and objects are encrypted, as is S3's default.

    Args:
        bucket_name: Name of the bucket, unique in all of AWS: 3 to 63 lowercase letters, digits, dots, hyphens.
        region: Region the bucket is made in, e.g. eu-west-1.
    """
    s3 = context.aws.client("s3", region)

    def probe() -> Observation:
        if not exists(s3, bucket_name):
            return NotYet()
        if marks.has(tags_of(s3, bucket_name), context.tags):
            return Happened()
        return Unclear(f"there is a bucket {bucket_name}, without this plan's tags")

    [request] = _request(bucket_name, region, context.tags)
    context.calls.once(request, probe, before=lambda: _check_free(s3, bucket_name))
    partition = Location.of(context.aws.info).partition
    return CreatedBucket(
        bucket_name=bucket_name, arn=BUCKET.format(partition=partition, bucket_name=bucket_name), region=region
    )


def _check_free(s3: Any, bucket_name: str) -> None:
    """Refuse a bucket that exists: in us-east-1 CreateBucket answers 200 for one's own, and undo would delete it."""
    try:
        if not exists(s3, bucket_name):
            return
    except ClientError as error:
        if error_code(error) in DENIED:
            raise Forbidden(
                f"the bucket name {bucket_name} is taken by another account, or you may not look (s3:ListBucket)",
                code="aws_access_denied",
            ) from error
        raise
    raise Conflict(
        f"the bucket {bucket_name} exists already in this account; this plan did not make it, choose another name",
        code="aws_bucket_already_owned_by_you",
    )
