"""What is paid for when RDS databases that are there start, stop, change or end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.executor.pricing.account import Account
from services.executor.pricing.amounts import Bill
from services.executor.pricing.items import Item
from services.executor.pricing.kinds import KINDS
from services.executor.pricing.kinds.databases import database_hours

_STOPPED = ("stopped", "stopping")
STORAGE_STAYS = "Its storage costs what it did, whether it runs or not."
STARTED_AGAIN = "Its storage costs what it did, and AWS starts it again after seven days."
RUNS_ALREADY = "It runs already."
IS_STOPPED = "It is stopped, so that only what is stored costs anything until it is started."


def bill_of_started_database(identifier: str, region: str, account: Account) -> Bill:
    found = account.database(identifier, region)
    account.leaves(identifier, region, DBInstanceStatus="available")
    if _runs(found):
        return Bill(note=RUNS_ALREADY)
    return Bill((database_hours(found, region),), note=STORAGE_STAYS)


def bill_of_stopped_database(identifier: str, region: str, account: Account) -> Bill:
    found = account.database(identifier, region)
    account.leaves(identifier, region, DBInstanceStatus="stopped")
    return Bill(ends=(database_hours(found, region),) if _runs(found) else (), note=STARTED_AGAIN)


def bill_of_deleted_database(identifier: str, region: str, account: Account) -> Bill:
    found = account.database(identifier, region)
    items = _items(found, region, account)
    account.leaves(identifier, region, DBInstanceStatus="stopped")
    return Bill(ends=tuple(item for item in items if item.quantity is not None))


def bill_of_modified_database(identifier: str, changes: Mapping[str, Any], region: str, account: Account) -> Bill:
    """`changes` are properties by their names in RDS's API, which CloudFormation has too."""
    found = account.database(identifier, region)
    after = {**found, **changes}
    bill = Bill(tuple(_items(after, region, account)), tuple(_items(found, region, account))).changed
    account.leaves(identifier, region, **changes)
    return bill if _runs(found) else Bill(bill.starts, bill.ends, IS_STOPPED)


def _items(database: Mapping[str, Any], region: str, account: Account) -> list[Item]:
    items = list(KINDS["AWS::RDS::DBInstance"](database, region, account))
    return items if _runs(database) else items[1:]


def _runs(database: Mapping[str, Any]) -> bool:
    return database.get("DBInstanceStatus") not in _STOPPED
