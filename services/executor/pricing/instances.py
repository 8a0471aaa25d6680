"""What is paid for when EC2 instances that are there start, stop, change or end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.executor.pricing.account import Account
from services.executor.pricing.amounts import Bill
from services.executor.pricing.items import Item, by_use, text
from services.executor.pricing.kinds.addresses import address_query
from services.executor.pricing.kinds.instances import computing
from services.executor.pricing.kinds.volumes import volume_items
from shared.text.plain import named

_RUNS = ("running", "pending")
VOLUMES_STAY = "Its volumes cost what they did, whether it runs or not."
RUNS_ALREADY = "Runs already: {}."
STOPPED = "The instance is stopped, so that only what is stored for it costs anything until it is started."


def bill_of_started(ids: Sequence[str], region: str, account: Account) -> Bill:
    """Stopped instances that are started: their hours begin, and those of a public address that they may get."""
    found = account.instances(ids, region)
    started = [one for one in found if not _runs(one)]
    _leave(found, region, account, "running")
    running = [str(one["InstanceId"]) for one in found if _runs(one)]
    starts = [_hours(one, region) for one in started]
    if started:
        starts.append(by_use("a public IPv4 address, where the subnet gives it one", address_query(region)))
    notes = [VOLUMES_STAY, RUNS_ALREADY.format(", ".join(map(named, running))) if running else ""]
    return Bill(tuple(starts), note=" ".join(note for note in notes if note))


def bill_of_stopped(ids: Sequence[str], region: str, account: Account) -> Bill:
    """Running instances that are stopped: their hours end."""
    found = account.instances(ids, region)
    _leave(found, region, account, "stopped")
    return Bill(ends=tuple(_hours(one, region) for one in found if _runs(one)), note=VOLUMES_STAY)


def bill_of_terminated(ids: Sequence[str], region: str, account: Account) -> Bill:
    """Instances that end: their hours, where they run, and the volumes that AWS deletes with them."""
    found = account.instances(ids, region)
    hours = [_hours(one, region) for one in found if _runs(one)]
    volumes = [item for one in found for item in _deleted_volumes(one, region, account)]
    _leave(found, region, account, "terminated")
    return Bill(ends=(*hours, *volumes))


def bill_of_changed(identifier: str, after: Mapping[str, Any], region: str, account: Account) -> Bill:
    """An instance that gets another type; its image and with it its operating system stay."""
    [now] = account.instances([identifier], region)
    account.leaves(identifier, region, InstanceType=after.get("InstanceType"))
    if not _runs(now):
        return Bill(note=STOPPED)
    changed = computing(text(after, "InstanceType"), now, text(after, "Tenancy", _tenancy(now)), region)
    return Bill((changed,), (_hours(now, region),)).changed


def _leave(found: Sequence[Mapping[str, Any]], region: str, account: Account, state: str) -> None:
    for one in found:
        account.leaves(str(one["InstanceId"]), region, State={"Name": state})


def _hours(instance: Mapping[str, Any], region: str) -> Item:
    return computing(text(instance, "InstanceType"), instance, _tenancy(instance), region)


def _runs(instance: Mapping[str, Any]) -> bool:
    return (instance.get("State") or {}).get("Name") in _RUNS


def _tenancy(instance: Mapping[str, Any]) -> str:
    return str((instance.get("Placement") or {}).get("Tenancy") or "default")


def _deleted_volumes(instance: Mapping[str, Any], region: str, account: Account) -> Iterator[Item]:
    held = [one["Ebs"] for one in instance.get("BlockDeviceMappings") or () if "Ebs" in one]
    gone = [str(one["VolumeId"]) for one in held if one.get("DeleteOnTermination")]
    for volume in account.volumes(gone, region):
        kind = text(volume, "VolumeType")
        yield from volume_items(volume, "Size", region, kind, f"volume {named(str(volume['VolumeId']))}")
