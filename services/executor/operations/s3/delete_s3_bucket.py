"""Delete an S3 bucket that is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from botocore.exceptions import ClientError
from pydantic import JsonValue

from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.calls.request import Request
from services.executor.operations.s3.bucket_names import BUCKET, check_bucket_name
from services.executor.operations.s3.bucket_state import (
    DENIED,
    bucket_in_use,
    bucket_owner,
    bucket_region,
    bucket_tags,
    creation_date,
    exists,
    region_of,
    tags_of,
)
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext, StepContext
from services.executor.registry.cost import free
from services.executor.registry.declaration import operation
from services.executor.registry.drift import Drift, back, gone
from services.executor.registry.facts import Question
from services.executor.registry.location import Location
from services.executor.registry.operation import Undo
from services.executor.registry.taken_away import check_as_shown, taken_away
from shared.aws.clients import error_code
from shared.errors import Conflict
from shared.messages import Effect, Message


class DeletedBucket(Message):
    """`region` is where it was, to make it again there."""

    bucket_name: str
    region: str
    deleted: Literal[True] = True


def _requests(bucket_name: str, location: Location) -> list[Request]:
    return [_request(bucket_name, location.account)]


def _request(bucket_name: str, account: str, region: str | None = None) -> Request:
    # AWS itself refuses where another account has the name by now.
    return Request("s3", "DeleteBucket", {"Bucket": bucket_name, "ExpectedBucketOwner": account}, region)


def _facts(bucket_name: str) -> list[Question]:
    return [fact.about(bucket_name) for fact in (bucket_owner, bucket_in_use, bucket_region, bucket_tags)]


def _rule(state: AccountState, bucket_name: str) -> None:
    state.must_exist(f"bucket {bucket_name}", bucket_owner, bucket_name)
    if state.get(bucket_owner, bucket_name) == "theirs":
        raise Conflict(f"there is no bucket {bucket_name} in this account; it is another's", code="missing_resource")
    if state.get(bucket_in_use, bucket_name):
        raise Conflict(
            f"the bucket {bucket_name} is not empty (versions and delete markers count); empty it first",
            code="bucket_not_empty",
        )
    region = state.get(bucket_region, bucket_name)
    state.is_in(region)
    if not state.disturbed and state.knows(bucket_tags, bucket_name):
        state.show(taken_away(_shown(region, state.get(bucket_tags, bucket_name))))
    state.put(bucket_owner, bucket_name, value=None)


def _shown(region: str | None, tags: Mapping[str, str] | None) -> dict[str, JsonValue]:
    return {"LocationConstraint": region, "Tags": dict(tags or {})}


def _drift(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    name, region = str(result["bucket_name"]), str(result["region"])
    taken = exists(context.aws.client("s3", region), name)
    if context.undone:
        return None if taken else gone(f"the bucket {name}")
    return back(f"a bucket {name}") if taken else None


@operation(
    effect=Effect.WRITE,
    title="Delete the S3 bucket {bucket_name}",
    iam={
        "s3:DeleteBucket": (BUCKET,),
        "s3:GetBucketLocation": (BUCKET,),
        "s3:GetBucketTagging": (BUCKET,),
        "s3:ListBucket": (BUCKET,),
        # The date of its creation, by which a successor is told apart, is in that list alone.
        "s3:ListAllMyBuckets": ("*",),
    },
    check=check_bucket_name,
    requests=_requests,
    conflicts=Conflicts(facts=_facts, rule=_rule),
    cost=free("Deleting an empty bucket costs nothing.", "https://aws.amazon.com/s3/pricing/", "once"),
    deletes=True,
    holds_data="bucket_name",
    reversible="partly",
    undo=Undo(
        "create_s3_bucket",
        {"bucket_name": "bucket_name", "region": "region"},
        note="an empty bucket of that name, without its settings, and only while nobody else has taken the name;"
        " S3 may need an hour or more until the name can be used again",
    ),
    drift=_drift,
    compares="whether there is one of its name",
)
def delete_s3_bucket(context: OperationContext, bucket_name: str) -> DeletedBucket:
    """Delete an S3 bucket; it must be empty. Its region is found.

    Args:
        bucket_name: Name of the bucket.
    """

    def bucket() -> dict[str, Any]:
        region = region_of(context.aws.client("s3"), bucket_name)
        return {"region": region, **_identity(context.aws.client("s3", region), bucket_name)}

    def as_shown() -> dict[str, Any]:
        found = context.calls.patiently(bucket, about=bucket_name)
        check_as_shown(f"the bucket {bucket_name}", context.shown, _shown(found["region"], found["tags"]))
        return found

    prior = context.calls.remember("prior", as_shown)
    s3 = context.aws.client("s3", prior["region"])

    def probe() -> Observation:
        if _is_gone(s3, bucket_name):
            return Happened()
        if _is_same(prior, _identity(s3, bucket_name)):
            return NotYet()
        return Unclear(
            f"there is a bucket {bucket_name}, and its creation date or tags are not those of the bucket that was to be"
            " deleted: it was changed, or deleted and made anew by somebody"
        )

    def unchanged() -> None:
        # S3 deletes by name, so a successor would be taken.
        if not _is_gone(s3, bucket_name) and not _is_same(prior, _identity(s3, bucket_name)):
            raise Conflict(
                f"the bucket {bucket_name} was changed or made anew since this step began; propose the plan again",
                code="world_moved_on",
            )

    context.calls.once(_request(bucket_name, context.aws.info.account, prior["region"]), probe, before=unchanged)
    return DeletedBucket(bucket_name=bucket_name, region=prior["region"])


def _identity(s3: Any, bucket_name: str) -> dict[str, Any]:
    return {"created": creation_date(s3, bucket_name), "tags": tags_of(s3, bucket_name)}


def _is_same(prior: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether it is certain that this is the same bucket, unchanged.

    The list of buckets may lag behind. Without a date from it only the tags of the plan that made the bucket can tell.
    """
    dates = {prior.get("created"), now["created"]}
    told = None not in dates or "assistant:plan" in prior["tags"]
    return told and len(dates - {None}) <= 1 and now["tags"] == prior["tags"]


def _is_gone(s3: Any, bucket_name: str) -> bool:
    """Whether the account has no bucket of this name any more; another account may."""
    try:
        return not exists(s3, bucket_name)
    except ClientError as error:
        if error_code(error) not in DENIED or creation_date(s3, bucket_name) is not None:
            raise
        return True
