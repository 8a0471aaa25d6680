"""Whether an event of CloudTrail records a call: its names differ from the API's in some services."""

from __future__ import annotations

import re
from functools import lru_cache

from botocore.exceptions import UnknownServiceError

from shared.aws.service_models import signing_name
from shared.plans.evidence import JournaledCall, TrailEvent

# Lambda and CloudFront append their API's version: "CreateFunction20150331", "CreateDistribution2020_05_31".
_VERSION = re.compile(r"\d{4}_?\d{2}_?\d{2}(?:v\d+)?$")
_S3 = "s3.amazonaws.com"
_OPTIONAL = frozenset({"bucket", "configuration"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def is_same_call(event: TrailEvent, service: str, operation: str) -> bool:
    """Whether the event can be a call of this operation, in botocore's and AWS's names.

    S3 records "PutBucketPublicAccessBlock" for PutPublicAccessBlock, and "PutBucketLifecycle" for
    PutBucketLifecycleConfiguration. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
    """
    optional = _OPTIONAL if event.event_source == event_source(service) == _S3 else frozenset()
    recorded, called = (
        [word for word in _words(name) if word not in optional] for name in (event.event_name, operation)
    )
    return bool(recorded) and recorded == called


@lru_cache(maxsize=512)
def event_source(service: str) -> str:
    """The event source of a service of botocore's name: its signing name, "monitoring.amazonaws.com"."""
    try:
        return f"{signing_name(service)}.amazonaws.com"
    except UnknownServiceError:
        return f"{service}.amazonaws.com"


def can_be(event: TrailEvent, call: JournaledCall) -> bool:
    """Whether the event can be this call of the journal."""
    return is_same_call(event, call.service, call.operation)


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(_VERSION.sub("", name)))
