"""EBS volumes: storage, and provisioned IOPS and throughput above what the type has without a charge.

Types, defaults and baselines: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html and
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from services.executor.pricing.account import Account
from services.executor.pricing.items import GB_MONTHS, IOPS_MONTHS, MIBPS_MONTHS, Item, Query, Unpriced, by_use
from services.executor.pricing.items import number as number_of
from services.executor.pricing.items import text as text_of
from services.executor.pricing.kinds.registry import Properties, priced
from shared.text.plain import named

# By type: the usage type of its storage.
_STORAGE = {
    "gp2": "EBS:VolumeUsage.gp2",
    "gp3": "EBS:VolumeUsage.gp3",
    "io1": "EBS:VolumeUsage.piops",
    "io2": "EBS:VolumeUsage.io2",
    "st1": "EBS:VolumeUsage.st1",
    "sc1": "EBS:VolumeUsage.sc1",
    "standard": "EBS:VolumeUsage",
}
_GP3_IOPS, _GP3_MIBPS = 3000, 125
# io2 costs less for each IOPS from these on: (from, usage type).
_IO2_TIERS = (
    (Decimal(0), "EBS:VolumeP-IOPS.io2"),
    (Decimal(32_000), "EBS:VolumeP-IOPS.io2.tier2"),
    (Decimal(64_000), "EBS:VolumeP-IOPS.io2.tier3"),
)


@priced("AWS::EC2::Volume")
def volume(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    """A volume with the properties of CreateVolume, whose default type is gp2."""
    if properties.get("VolumeInitializationRate"):
        raise Unpriced("a volume that is filled at a rate of one's own is paid for that too")
    if properties.get("Size") is None:
        raise Unpriced("the volume has the size of its snapshot, which was not read")
    yield from volume_items(properties, "Size", region, text_of(properties, "VolumeType", "gp2"), "volume")


def volume_items(properties: Properties, size_name: str, region: str, kind: str, what: str) -> Iterator[Item]:
    """What a volume of a type costs; `size_name` is the property that has its size in GiB."""
    usage = _STORAGE.get(kind)
    if usage is None:
        raise Unpriced(f"volumes of the type {named(kind)} are not known here")
    size = number_of(properties, size_name)
    yield Item(f"{what}: {size} GiB {kind}", _query(region, "Storage", kind, usage), size, GB_MONTHS)
    if kind == "gp3":
        yield from _above_gp3(properties, region, what)
    elif kind == "io1":
        yield _iops(number_of(properties, "Iops"), region, kind, "EBS:VolumeP-IOPS.piops", what)
    elif kind == "io2":
        yield from _io2_iops(number_of(properties, "Iops"), region, what)
    elif kind == "standard":
        yield by_use(f"{what}: I/O requests", _query(region, "System Operation", kind, "EBS:VolumeIOUsage"))


def _above_gp3(properties: Properties, region: str, what: str) -> Iterator[Item]:
    iops = number_of(properties, "Iops", _GP3_IOPS) - _GP3_IOPS
    throughput = number_of(properties, "Throughput", _GP3_MIBPS) - _GP3_MIBPS
    if iops > 0:
        yield _iops(iops, region, "gp3", "EBS:VolumeP-IOPS.gp3", what, f" above {_GP3_IOPS}")
    if throughput > 0:
        query = _query(region, "Provisioned Throughput", "gp3", "EBS:VolumeP-Throughput.gp3")
        yield Item(f"{what}: {throughput} MiB/s above {_GP3_MIBPS}", query, throughput, MIBPS_MONTHS)


def _io2_iops(iops: Decimal, region: str, what: str) -> Iterator[Item]:
    ends = [*(begin for begin, _ in _IO2_TIERS[1:]), None]
    for (begin, usage), end in zip(_IO2_TIERS, ends, strict=True):
        part = (iops if end is None else min(iops, end)) - begin
        if part > 0:
            yield _iops(part, region, "io2", usage, what, f" above {begin}" if begin else "")


def _iops(count: Decimal, region: str, kind: str, usage: str, what: str, above: str = "") -> Item:
    return Item(f"{what}: {count} IOPS{above}", _query(region, "System Operation", kind, usage), count, IOPS_MONTHS)


def _query(region: str, family: str, kind: str, usage: str) -> Query:
    return Query("AmazonEC2", region, (("productFamily", family), ("volumeApiName", kind)), usage)
