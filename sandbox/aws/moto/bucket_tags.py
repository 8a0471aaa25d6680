"""Tags that CreateBucket carries: read from its body, and set in the moment the bucket comes to be.

Source: "CreateBucketConfiguration" and "User-defined tag restrictions" in the S3 and Billing guides.
"""

import re
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from html import unescape

from moto.s3.models import FakeBucket, S3Backend, s3_backends

from sandbox.aws.protocol.calls import Call
from sandbox.aws.protocol.errors import AwsError

MAX_TAGS, MAX_KEY, MAX_VALUE = 50, 128, 256

_TAG = re.compile(r"<Tag>(.*?)</Tag>", re.DOTALL)
_FIELDS = {name: re.compile(rf"<{name}>(.*?)</{name}>", re.DOTALL) for name in ("Key", "Value")}

_wanted: ContextVar[Mapping[str, str]] = ContextVar("tags of the bucket that this request makes")
_making = threading.RLock()


def tags_of_new_bucket(call: Call) -> Mapping[str, str]:
    """The tags of a CreateBucket, none for any other call.

    Raises InvalidTag for what AWS refuses: a repeated or reserved key, too many, too long.
    """
    if call.service != "s3" or call.operation != "CreateBucket":
        return {}
    tags: dict[str, str] = {}
    for tag in _TAG.findall(call.body.decode("utf-8", "replace")):
        found = {name: pattern.search(tag) for name, pattern in _FIELDS.items()}
        key, value = (unescape(match.group(1)) if match else "" for match in found.values())
        if not 1 <= len(key) <= MAX_KEY:
            raise AwsError("InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > MAX_VALUE:
            raise AwsError("InvalidTag", "The TagValue you have provided is invalid")
        if key.startswith("aws:"):
            raise AwsError("InvalidTag", "System tags cannot be added/updated by requester")
        if key in tags:
            raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
        tags[key] = value
    if len(tags) > MAX_TAGS:
        raise AwsError("BadRequest", f"Bucket tag count cannot be greater than {MAX_TAGS}")
    return tags


def expect_tags(tags: Mapping[str, str]) -> None:
    """Have the bucket that this thread's request makes carry these tags."""
    _wanted.set(tags)


def apply_bucket_tags() -> None:
    """Patch moto: a new bucket has its tags from its first moment on, and takes them along when it goes.

    Only the request that makes a bucket tags it: repeating CreateBucket changes nothing, as in AWS.
    """
    create, delete = S3Backend.create_bucket, S3Backend.delete_bucket

    def create_tagged(
        self: S3Backend, bucket_name: str, region_name: str, bucket_namespace: str | None = None
    ) -> FakeBucket:
        arn = f"arn:aws:s3:::{bucket_name}"
        with _making:  # of two requests for one name, one makes the bucket
            if bucket_name in s3_backends.bucket_accounts:
                return create(self, bucket_name, region_name, bucket_namespace)  # raises
            tags = [{"Key": key, "Value": value} for key, value in _wanted.get({}).items()]
            self.tagger.delete_all_tags_for_resource(arn)
            if tags:
                self.tagger.tag_resource(arn, tags)
            return create(self, bucket_name, region_name, bucket_namespace)

    def delete_with_tags(self: S3Backend, bucket_name: str) -> FakeBucket | None:
        with _making:
            gone = delete(self, bucket_name)
            if gone is not None:
                self.tagger.delete_all_tags_for_resource(gone.arn)
            return gone

    setattr(S3Backend, "create_bucket", create_tagged)  # noqa: B010  # a patch, not a member
    setattr(S3Backend, "delete_bucket", delete_with_tags)  # noqa: B010  # a patch, not a member
