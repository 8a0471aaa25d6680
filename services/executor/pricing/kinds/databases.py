"""RDS database instances: hours of the class under its engine, storage, and provisioned IOPS and throughput.

Defaults: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html; what gp3 has without a
charge: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from services.executor.pricing.account import Account
from services.executor.pricing.items import (
    GB_MONTHS,
    IOPS_MONTHS,
    MIBPS_MONTHS,
    Item,
    Query,
    Unpriced,
    by_use,
    hourly,
    number,
    text,
    truth,
)
from services.executor.pricing.kinds.registry import Properties, priced
from shared.text.plain import named


@dataclass(frozen=True, slots=True)
class _Engine:
    """As the price list names an engine; `licence` where there is one alone; `gp3_gib`: from which size on a volume of
    gp3 has 12,000 IOPS and 500 MiB/s without a charge, None for never."""

    name: str
    edition: str | None = None
    licence: str | None = "No license required"
    gp3_gib: int | None = 400


_SQL_SERVER = {
    "sqlserver-ex": "Express",
    "sqlserver-web": "Web",
    "sqlserver-se": "Standard",
    "sqlserver-ee": "Enterprise",
}
_ORACLE = {"oracle-se2": "Standard Two", "oracle-se2-cdb": "Standard Two"}
_ORACLE |= {"oracle-ee": "Enterprise", "oracle-ee-cdb": "Enterprise"}
_ENGINES = {
    "mysql": _Engine("MySQL"),
    "mariadb": _Engine("MariaDB"),
    "postgres": _Engine("PostgreSQL"),
    **{name: _Engine("SQL Server", edition, "License included", None) for name, edition in _SQL_SERVER.items()},
    **{name: _Engine("Oracle", edition, None, 200) for name, edition in _ORACLE.items()},
}
_LICENCES = {"license-included": "License included", "bring-your-own-license": "Bring your own license"}
# Type of storage → the part of the usage types that names its storage, and its IOPS.
_STORAGE = {
    "gp2": ("GP2-Storage", None),
    "gp3": ("GP3-Storage", "GP3-PIOPS"),
    "io1": ("PIOPS-Storage", "PIOPS"),
    "io2": ("PIOPS-Storage-IO2", "PIOPS-IO2"),
    "standard": ("StorageUsage", None),
}


@priced("AWS::RDS::DBInstance")
def database(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    if truth(properties, "DedicatedLogVolume"):
        raise Unpriced("a dedicated volume for logs has a price of its own")
    # The hours come first: what stops a database takes them away.
    yield database_hours(properties, region)
    yield from _storage(properties, region)
    yield by_use(
        "backups beyond the size of the database",
        Query(
            "AmazonRDS", region, (("productFamily", "Storage Snapshot"),), "RDS:ChargedBackupUsage", _for(properties)
        ),
    )


def database_hours(properties: Properties, region: str) -> Item:
    """The hours of a database while it runs."""
    kind, engine = text(properties, "DBInstanceClass"), _engine(properties)
    several = truth(properties, "MultiAZ")
    option = "Multi-AZ" if several else "Single-AZ"
    if several and engine.name == "SQL Server":
        option = "Multi-AZ (SQL Server Mirror)"
    filters = [
        ("productFamily", "Database Instance"),
        ("instanceType", kind),
        ("databaseEngine", engine.name),
        ("deploymentOption", option),
        ("licenseModel", engine.licence or _licence(properties)),
    ]
    if engine.edition is not None:
        filters.append(("databaseEdition", engine.edition))
    note = "in standard support: AWS charges more for versions after it"
    return hourly(
        f"database {named(kind)}, {engine.name}, {option}", Query("AmazonRDS", region, tuple(filters)), note=note
    )


def _engine(properties: Properties) -> _Engine:
    name = text(properties, "Engine").lower()
    if name.startswith("aurora") or properties.get("DBClusterIdentifier"):
        raise Unpriced("the price of an instance of a cluster depends on how the cluster pays for storage")
    if name not in _ENGINES:
        raise Unpriced(f"the engine {named(name)} is not known here")
    return _ENGINES[name]


def _licence(properties: Properties) -> str:
    model = text(properties, "LicenseModel")
    if model not in _LICENCES:
        raise Unpriced(f"the licence model {named(model)} is not known here")
    return _LICENCES[model]


def _storage(properties: Properties, region: str) -> Iterator[Item]:
    engine, size = _engine(properties), number(properties, "AllocatedStorage")
    kind = text(properties, "StorageType", "io1" if properties.get("Iops") is not None else "gp3")
    if kind not in _STORAGE:
        raise Unpriced(f"storage of the type {named(kind)} is not known here")
    storage, iops = _STORAGE[kind]
    where = "RDS:Multi-AZ-" if truth(properties, "MultiAZ") else "RDS:"
    yield Item(f"{size} GiB {kind}", _query(properties, region, "Database Storage", where + storage), size, GB_MONTHS)
    if kind == "standard":
        yield by_use("I/O requests", _query(properties, region, "System Operation", "RDS:StorageIOUsage"))
    if iops is None:
        return
    large = engine.gp3_gib is not None and size >= engine.gp3_gib
    free_iops, free_mibps = (Decimal(12_000 if large else 3_000), Decimal(500 if large else 125))
    if kind != "gp3":
        free_iops = Decimal(0)
    count = (number(properties, "Iops") if kind != "gp3" else number(properties, "Iops", int(free_iops))) - free_iops
    if count > 0:
        above = f" above {free_iops}" if free_iops else ""
        yield Item(
            f"{count} IOPS{above}", _query(properties, region, "Provisioned IOPS", where + iops), count, IOPS_MONTHS
        )
    more = number(properties, "StorageThroughput", int(free_mibps)) - free_mibps
    if kind == "gp3" and more > 0:
        query = _query(properties, region, "Provisioned Throughput", f"{where}GP3-Throughput")
        yield Item(f"{more} MiB/s above {free_mibps}", query, more, MIBPS_MONTHS)


def _query(properties: Properties, region: str, family: str, usage: str) -> Query:
    return Query("AmazonRDS", region, (("productFamily", family),), usage, _for(properties))


def _for(properties: Properties) -> tuple[str, tuple[str, ...]]:
    """Some regions list storage once for each engine, others once for any."""
    return "databaseEngine", (_engine(properties).name, "Any")
