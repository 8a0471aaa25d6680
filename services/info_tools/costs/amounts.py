"""Sums of Cost Explorer's amounts by service, group and time, in exact decimals; and what changed since before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.info_tools.costs.explorer import METRIC

NO_VALUE = "(no value)"
Span = tuple[str, str]


@dataclass(slots=True)
class Amounts:
    """The sums of some results by time; keys of groups are as Cost Explorer names them."""

    by_service: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    by_group: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    by_span: defaultdict[Span, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    currencies: set[str] = field(default_factory=set)
    estimated: bool = False

    @property
    def total(self) -> Decimal:
        return sum(self.by_span.values(), Decimal())

    def by_month(self) -> dict[Span, Decimal]:
        """The spans joined by calendar month."""
        months: dict[str, tuple[str, str, Decimal]] = {}
        for (start, end), amount in sorted(self.by_span.items()):
            first, _, before = months.get(start[:7], (start, end, Decimal()))
            months[start[:7]] = (first, end, before + amount)
        return {(start, end): amount for start, end, amount in months.values()}


def added_up(results: list[dict[str, Any]]) -> Amounts:
    """The sums of results that are grouped by service, or by service and something else."""
    found = Amounts()
    for result in results:
        span = result["TimePeriod"]["Start"], result["TimePeriod"]["End"]
        found.by_span[span] += 0  # a span without costs has no groups and is listed nevertheless
        found.estimated |= bool(result.get("Estimated", False))
        for group in result.get("Groups", ()):
            cost = group["Metrics"][METRIC]
            amount = Decimal(cost["Amount"])
            found.by_service[group["Keys"][0]] += amount
            found.by_span[span] += amount
            if len(group["Keys"]) > 1:
                found.by_group[_name(group["Keys"][1])] += amount
            if amount:
                found.currencies.add(str(cost["Unit"]))
    return found


def _name(key: str) -> str:
    """A group's name: a tag's key comes as "KEY$VALUE", with nothing after the dollar where there is no tag."""
    return key.partition("$")[2] or NO_VALUE if "$" in key else key or NO_VALUE


def ranked(amounts: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    """Most expensive first, without those of 0."""
    return sorted(((key, amount) for key, amount in amounts.items() if amount), key=lambda one: (-one[1], one[0]))


def changes(now: Mapping[str, Decimal], before: Mapping[str, Decimal]) -> list[tuple[str, Decimal, Decimal]]:
    """What each group cost before and now, the largest changes first, without those that did not change."""
    keys = now.keys() | before.keys()
    pairs = [(key, before.get(key, Decimal()), now.get(key, Decimal())) for key in keys]
    changed = [pair for pair in pairs if pair[1] != pair[2]]
    return sorted(changed, key=lambda pair: (-abs(pair[2] - pair[1]), pair[0]))


def decimal(amount: Decimal) -> str:
    """A plain decimal number, never "0E-10"."""
    return f"{amount:f}" if amount else "0"


def percent(change: Decimal, before: Decimal) -> str | None:
    """The change in per cent of what it was, with one digit; None where it was nothing."""
    return f"{(100 * change / before).quantize(Decimal('0.1')):f}" if before else None
