"""Counts every declared kind of resource in every region, and what of it needs attention.

One call after another for a kind of resource in a region; kinds and regions side by side, in as many threads as a call
may have. So a service gets one request at a time in each region.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import Field

from services.info_tools.aws import Place, list_all, read_each
from services.info_tools.combined import added_by_key
from services.info_tools.inventory import compute, data, integration, network, operations, security
from services.info_tools.inventory.declaration import Listing, value_of
from services.info_tools.sharing.kinds import part
from shared.aws.clients import Aws
from shared.messages import Gap, Message

LISTINGS: tuple[Listing, ...] = (
    *compute.LISTINGS,
    *network.LISTINGS,
    *data.LISTINGS,
    *integration.LISTINGS,
    *security.LISTINGS,
    *operations.LISTINGS,
)
ACTIONS: tuple[str, ...] = tuple(dict.fromkeys(listing.action for listing in LISTINGS))
_BY_LABEL = {listing.label: listing for listing in LISTINGS}
MAX_EXAMPLES = 5


def _is_empty(value: object) -> bool:
    return not value


class Flagged(Message):
    """What of a kind of resource needs attention."""

    what: str = Field(description='"unattached", "firing", "expires within 30 days", …')
    count: int
    examples: tuple[str, ...] = Field(description=f"Names with their regions, {MAX_EXAMPLES} at most.")


class ResourceCount(Message):
    """How many of one kind of resource there are, in all regions that answered; one that did not is a gap."""

    service: str
    resource: str
    count: int
    by_region: dict[str, int] = Field(
        default_factory=dict, description="Regions with at least one; not of global services.", exclude_if=_is_empty
    )
    by_state: dict[str, int] = Field(default_factory=dict, exclude_if=_is_empty)
    figures: dict[str, int] = Field(
        default_factory=dict,
        description="Sums over all of them, by unit: storage_gib, stored_bytes, …",
        exclude_if=_is_empty,
    )
    attention: tuple[Flagged, ...] = Field(default=(), exclude_if=_is_empty)


class Cell(NamedTuple):
    """One kind of resource, by its label, in one place."""

    label: str
    region: str


@dataclass(slots=True)
class Tally:
    """What was counted of one kind of resource."""

    count: int = 0
    by_region: Counter[str] = field(default_factory=Counter)
    by_state: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    flagged: dict[str, list[str]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Add what was counted elsewhere."""
        self.count += other.count
        self.by_region.update(other.by_region)
        self.by_state.update(other.by_state)
        self.figures.update(other.figures)
        for what, names in other.flagged.items():
            self.flagged.setdefault(what, []).extend(names)


def sweep(aws: Aws, regions: Sequence[str], listings: Sequence[Listing]) -> tuple[ResourceCount, ...]:
    """Count all of it. What could not be read is a gap; a kind of resource of which nothing could be read is left out.

    Raises as `read_each` does where nothing at all could be read.
    """
    apart = replace(aws, gaps=[])
    cells = [Cell(one.label, region) for one in listings for region in _places(aws, one, regions)]
    found = read_each(apart, cells, tallies_of(apart), place=_place)
    aws.gaps += _joined_gaps(apart.gaps, regions)
    totals: dict[str, Tally] = {}
    for cell, tally in found:
        totals.setdefault(cell.label, Tally()).add(tally)
    return tuple(_counted(_BY_LABEL[label], tally) for label, tally in totals.items())


@part
def tallies_of(aws: Aws) -> Callable[[Cell], Tally]:
    """What counts one kind of resource in one place."""

    def tally(cell: Cell) -> Tally:
        listing, counted = _BY_LABEL[cell.label], Tally()
        client = aws.client(listing.service, cell.region)
        items = list_all(aws, client, listing.operation, listing.path, place=_place(cell), **listing.arguments)
        now = datetime.now(UTC)
        for item in items:
            if not listing.counted or value_of(listing.counted, item):
                _add(counted, listing, cell.region, item, now)
        return counted

    return tally


def _places(aws: Aws, listing: Listing, regions: Sequence[str]) -> Sequence[str]:
    return (aws.info.region,) if listing.is_global else regions


def _place(cell: Cell) -> Place:
    return Place(region=None if _BY_LABEL[cell.label].is_global else cell.region, resource=cell.label)


def _add(tally: Tally, listing: Listing, region: str, item: Any, now: datetime) -> None:
    tally.count += 1
    if not listing.is_global:
        tally.by_region[region] += 1
    if listing.state:
        tally.by_state[str(value_of(listing.state, item) or "unknown")] += 1
    for figure, path in listing.figures.items():
        tally.figures[figure] += int(value_of(path, item) or 0)
    for attention in listing.attention:
        if attention.holds(item, now):
            name = str(value_of(listing.name, item) or "without a name")
            place = "" if listing.is_global else f" ({region})"
            tally.flagged.setdefault(attention.what, []).append(f"{name}{place}")


def _counted(listing: Listing, tally: Tally) -> ResourceCount:
    return ResourceCount(
        service=listing.service,
        resource=listing.resource,
        count=tally.count,
        by_region=dict(tally.by_region),
        by_state=dict(tally.by_state),
        figures=dict(tally.figures) if tally.count else {},
        attention=tuple(
            Flagged(what=what, count=len(names), examples=tuple(names[:MAX_EXAMPLES]))
            for what, names in tally.flagged.items()
        ),
    )


def _joined_gaps(gaps: Sequence[Gap], regions: Sequence[str]) -> list[Gap]:
    """One gap for a kind of resource that failed in every region in the same way, instead of one for each region."""
    alike: dict[tuple[str, str | None], list[Gap]] = {}
    for gap in gaps:
        alike.setdefault((gap.code, gap.resource), []).append(gap)
    joined: list[Gap] = []
    for same in alike.values():
        if len(regions) > 1 and {gap.region for gap in same} == set(regions):
            everywhere = {"region": None, "detail": f"in every region: {same[0].detail}"}
            same = [same[0].model_copy(update=everywhere)]
        joined += same
    return joined


def combined(parts: Sequence[tuple[ResourceCount, ...]]) -> tuple[ResourceCount, ...]:
    """The counts of several accounts added up."""
    by_kind: dict[tuple[str, str], list[ResourceCount]] = {}
    for one in (one for counts in parts for one in counts):
        by_kind.setdefault((one.service, one.resource), []).append(one)
    return tuple(_sum(same) for same in by_kind.values())


def _sum(same: Sequence[ResourceCount]) -> ResourceCount:
    flagged: dict[str, list[Flagged]] = {}
    for flag in (flag for one in same for flag in one.attention):
        flagged.setdefault(flag.what, []).append(flag)
    return same[0].model_copy(
        update={
            "count": sum(one.count for one in same),
            "by_region": added_by_key(one.by_region for one in same),
            "by_state": added_by_key(one.by_state for one in same),
            "figures": added_by_key(one.figures for one in same),
            "attention": tuple(
                Flagged(
                    what=what,
                    count=sum(flag.count for flag in flags),
                    examples=tuple(name for flag in flags for name in flag.examples)[:MAX_EXAMPLES],
                )
                for what, flags in flagged.items()
            ),
        }
    )
