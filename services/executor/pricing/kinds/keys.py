"""Keys of KMS and secrets: so much a month each, and requests by use."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from services.executor.pricing.account import Account
from services.executor.pricing.items import Item, Query, Unpriced, by_use, elements, text
from services.executor.pricing.kinds.registry import Properties, priced
from shared.text.plain import named

_ONE = Decimal(1)


@priced("AWS::KMS::Key")
def key(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    """A key, whose price does not depend on what it is for; only one for encryption has one price for its requests."""
    filters = (("productFamily", "Encryption Key"),)
    yield Item("key", Query("awskms", region, filters, "KMS-Keys"), _ONE, {"keys": _ONE, "key": _ONE})
    if text(properties, "KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT":
        yield by_use("requests", Query("awskms", region, (), "KMS-Requests"))


@priced("AWS::SecretsManager::Secret")
def secret(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    """A secret, and each of its replicas in the region where that is."""
    if properties.get("Type"):
        raise Unpriced("secrets that another service manages are not known here")
    for where in (region, *(text(one, "Region") for one in elements(properties, "ReplicaRegions"))):
        query = Query("AWSSecretsManager", where, (("productFamily", "Secret"),), "AWSSecretsManager-Secrets")
        yield Item(f"secret in {named(where)}", query, _ONE, {"secrets": _ONE, "secret": _ONE})
    requests = (("productFamily", "API Request"),)
    yield by_use("requests", Query("AWSSecretsManager", region, requests, "AWSSecretsManagerAPIRequest"))
