"""What the front door knows of S3's buckets before moto is asked."""

from moto.s3.models import s3_backends

from sandbox.aws.protocol.calls import Call
from sandbox.aws.protocol.errors import Answer


def other_region(account: str, call: Call) -> Answer | None:
    """S3's redirect of a HeadBucket that was signed for another region than the bucket's."""
    if call.operation != "HeadBucket":
        return None
    bucket = s3_backends[account]["aws"].buckets.get(str(call.params.get("Bucket")))
    if bucket is None or bucket.region_name == call.region:
        return None
    return Answer(301, {"x-amz-bucket-region": bucket.region_name, "Content-Type": "application/xml"}, b"")


def region_of(account: str, call: Call) -> str:
    """Where AWS carries a call out, and records it: one about a bucket in the bucket's region, wherever it was sent."""
    bucket = s3_backends[account]["aws"].buckets.get(str(call.params.get("Bucket"))) if call.service == "s3" else None
    return str(bucket.region_name) if bucket is not None else call.region


# The account has none: moto takes them for buckets of no zone.
NO_DIRECTORY_BUCKETS = Answer(
    200,
    {"Content-Type": "application/xml"},
    b"<ListAllMyDirectoryBucketsResult><Buckets/></ListAllMyDirectoryBucketsResult>",
)


def bucket_policy(account: str, call: Call) -> str | None:
    """The policy of the bucket that a call of S3 is about; None for any other call."""
    if call.service != "s3":
        return None
    bucket = s3_backends[account]["aws"].buckets.get(str(call.params.get("Bucket")))
    policy = bucket.policy if bucket else None
    return policy.decode() if isinstance(policy, bytes) else policy
