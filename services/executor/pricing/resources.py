"""What is paid for of a resource before and after a step of Cloud Control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.executor.pricing.account import Account
from services.executor.pricing.amounts import Bill
from services.executor.pricing.databases import bill_of_deleted_database, bill_of_modified_database
from services.executor.pricing.instances import bill_of_changed, bill_of_terminated
from services.executor.pricing.items import Item, Unpriced
from services.executor.pricing.kinds import KINDS
from services.executor.registry.account_state import Becomes
from shared.text.plain import named

_INSTANCE, _DATABASE = "AWS::EC2::Instance", "AWS::RDS::DBInstance"
UNCHANGED = "What is known of its price does not change."


def bill_of_resource(becomes: Becomes, account: Account) -> Bill:
    """What a step starts and ends to be paid for. Raises Unpriced.

    What is the same before and after is no part of it.
    """
    if becomes.type_name not in KINDS:
        raise Unpriced(f"the prices of {named(becomes.type_name)} are not known here")
    if becomes.type_name == _INSTANCE and becomes.before is not None:
        identifier = str(becomes.before.get("InstanceId") or becomes.identifier)
        if becomes.after is None:
            return bill_of_terminated([identifier], becomes.region, account)
        return bill_of_changed(identifier, becomes.after, becomes.region, account)
    if becomes.type_name == _DATABASE and becomes.before is not None:
        identifier = str(becomes.before.get("DBInstanceIdentifier") or becomes.identifier)
        if becomes.after is None:
            return bill_of_deleted_database(identifier, becomes.region, account)
        return bill_of_modified_database(identifier, becomes.after, becomes.region, account)
    before, after = (_items(becomes, properties, account) for properties in (becomes.before, becomes.after))
    bill = Bill(after, before).changed
    same = becomes.before is not None and becomes.after is not None and not (bill.starts or bill.ends)
    return Bill(note=UNCHANGED) if same else bill


def _items(becomes: Becomes, properties: Mapping[str, Any] | None, account: Account) -> tuple[Item, ...]:
    return () if properties is None else tuple(KINDS[becomes.type_name](properties, becomes.region, account))
