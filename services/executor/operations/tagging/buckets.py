"""S3 buckets' tags, which S3 replaces as a whole: what others have set is written back with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from services.executor.calls.request import Request
from services.executor.operations import tags as marks
from services.executor.operations.s3.bucket_names import check_bucket_name
from services.executor.operations.s3.bucket_state import (
    bucket_owner,
    bucket_region,
    bucket_tags,
    creation_date,
    region_of,
    tags_of,
)
from services.executor.operations.tagging.taggable import Seen, TagCall, Tags, is_recognised, tags_for
from services.executor.registry.account_state import AccountState
from services.executor.registry.facts import Question
from shared.aws.clients import Aws
from shared.errors import Conflict


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of this account."""

    name: str
    account: str
    ignores_case: bool = False
    power: tuple[Literal["low", "medium"], str] = (
        "low",
        "where attribute-based access control is turned on for a bucket, its tags decide who may use it",
    )

    @property
    def what(self) -> str:
        return f"the bucket {self.name}"

    def check(self) -> None:
        check_bucket_name(self.name)

    def questions(self) -> list[Question]:
        return [one.about(self.name) for one in (bucket_owner, bucket_region, bucket_tags)]

    def judge(self, state: AccountState) -> Tags | None:
        state.must_exist(f"bucket {self.name}", bucket_owner, self.name)
        if state.get(bucket_owner, self.name) == "theirs":
            raise Conflict(f"there is no bucket {self.name} in this account; it is another's", code="missing_resource")
        state.is_in(state.get(bucket_region, self.name))
        return tags_for(state, bucket_owner.about(self.name), bucket_tags.about(self.name))

    def put(self, state: AccountState, tags: Tags) -> None:
        state.put(bucket_tags, self.name, value=tags)

    def look(self, aws: Aws) -> Seen:
        region = region_of(aws.client("s3"), self.name)
        s3 = aws.client("s3", region)
        return Seen(tags_of(s3, self.name), creation_date(s3, self.name))

    def is_same(self, before: str | None, now: Seen, tags: Tags) -> bool:
        return is_recognised(before, now, tags)

    def calls(self, before: Tags, after: Tags) -> list[TagCall]:
        if dict(before) == dict(after):
            return []
        named: dict[str, Any] = {"Bucket": self.name, "ExpectedBucketOwner": self.account}
        if not after:
            return [TagCall(Request("s3", "DeleteBucketTagging", named), None)]
        # Refused where attribute-based access control is turned on for the bucket:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
        return [TagCall(Request("s3", "PutBucketTagging", named | {"Tagging": {"TagSet": marks.as_list(after)}}), None)]
