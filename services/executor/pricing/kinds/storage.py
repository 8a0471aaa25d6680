"""S3 buckets: nothing by themselves, storage and requests by use."""

from __future__ import annotations

from collections.abc import Iterator

from services.executor.pricing.account import Account
from services.executor.pricing.items import Item, Query, by_use
from services.executor.pricing.kinds.registry import Properties, priced


@priced("AWS::S3::Bucket")
def bucket(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    stored = (("productFamily", "Storage"), ("volumeType", "Standard"))
    yield by_use("storage in the class Standard", Query("AmazonS3", region, stored, "TimedStorage-ByteHrs"))
    for name, words in (("Tier1", "PUT, COPY, POST and LIST requests"), ("Tier2", "GET and other requests")):
        filters = (("productFamily", "API Request"), ("group", f"S3-API-{name}"))
        yield by_use(words, Query("AmazonS3", region, filters, f"Requests-{name}"))
