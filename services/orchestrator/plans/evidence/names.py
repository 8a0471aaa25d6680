"""Whether an event of CloudTrail records a call: its names differ from the API's in some services."""

from __future__ import annotations

import re
from functools import lru_cache

from botocore.exceptions import UnknownServiceError

from shared.aws_models import signing_name
from shared.evidence import JournaledCall, TrailEvent

# Lambda and CloudFront append their API's version: "CreateFunction20150331", "CreateDistribution2020_05_31".
_VERSION = re.compile(r"\d{4}_?\d{2}_?\d{2}(?:v\d+)?$")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def is_same_call(event: TrailEvent, service: str, operation: str) -> bool:
    """Whether the event can be a call of this operation, in botocore's and AWS's names.

    S3 records "PutBucketPublicAccessBlock" for PutPublicAccessBlock, and "PutBucketLifecycle" for
    PutBucketLifecycleConfiguration: the verb is the same, and one name has all words of the other.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
    """
    recorded, called = _words(event.event_name), _words(operation)
    if not recorded or not called or recorded[0] != called[0]:
        return False
    if set(recorded) == set(called):
        return True
    # Names that are only alike are of the same service; the same name says enough.
    return event.event_source == event_source(service) and (
        set(recorded) <= set(called) or set(called) <= set(recorded)
    )


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
