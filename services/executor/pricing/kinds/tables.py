"""DynamoDB tables: capacity that is provisioned, or requests by use; storage by use."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from services.executor.pricing.account import Account
from services.executor.pricing.items import Item, Query, Unpriced, by_use, elements, hourly, mapping, number, text
from services.executor.pricing.kinds.registry import Properties, priced
from shared.text.plain import named

# Direction → (group, usage type where capacity is provisioned, usage type of a request).
_DIRECTIONS = {
    "Read": ("DDB-ReadUnits", "ReadCapacityUnit-Hrs", "ReadRequestUnits"),
    "Write": ("DDB-WriteUnits", "WriteCapacityUnit-Hrs", "WriteRequestUnits"),
}
_ON_DEMAND = "Amazon DynamoDB PayPerRequest Throughput"


@priced("AWS::DynamoDB::Table")
def table(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    """A table of the class STANDARD; without a billing mode its capacity is provisioned."""
    if text(properties, "TableClass", "STANDARD") != "STANDARD":
        raise Unpriced("tables of the class for rare access are not known here")
    mode = text(properties, "BillingMode", "PROVISIONED")
    if mode not in ("PROVISIONED", "PAY_PER_REQUEST"):
        raise Unpriced(f"the billing mode {named(mode)} is not known here")
    indexes = elements(properties, "GlobalSecondaryIndexes")
    for name, (group, provisioned, request) in _DIRECTIONS.items():
        if mode == "PROVISIONED":
            units = sum((_units(one, name) for one in (properties, *indexes)), Decimal(0))
            filters = (("productFamily", "Provisioned IOPS"), ("group", group))
            yield _capacity(
                f"{units} {name.lower()} capacity units", Query("AmazonDynamoDB", region, filters, provisioned), units
            )
        else:
            filters = (("productFamily", _ON_DEMAND), ("group", group))
            yield by_use(f"{name.lower()} requests", Query("AmazonDynamoDB", region, filters, request))
    storage = (("productFamily", "Database Storage"),)
    yield by_use("storage", Query("AmazonDynamoDB", region, storage, "TimedStorage-ByteHrs"))


def _units(properties: Properties, name: str) -> Decimal:
    return number(mapping(properties, "ProvisionedThroughput"), f"{name}CapacityUnits")


def _capacity(what: str, query: Query, units: Decimal) -> Item:
    made = hourly(what, query, units)
    return Item(what, query, made.quantity, {str(query.usage_type).lower(): Decimal(1)})
