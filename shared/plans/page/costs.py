"""What steps start to cost, in words. A figure is an AWS price list's, or AWS's page; none is made here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from shared.plans.step import Cost, CostPart, Step
from shared.text.plain import named, seen

ON_DEMAND = "Prices on demand, without taxes, discounts and data transfer"
UNKNOWN = "unknown"
NOTHING = "nothing"


def sums(costs: Iterable[Cost]) -> dict[tuple[str, str], Decimal]:
    """The known amounts by currency and period, which are never added to each other."""
    found: dict[tuple[str, str], Decimal] = {}
    for cost in costs:
        if cost.amount is not None and cost.per is not None:
            key = (cost.currency, cost.per)
            found[key] = found.get(key, Decimal(0)) + Decimal(cost.amount)
    return found


def is_unknown(cost: Cost) -> bool:
    return cost.amount is None or cost.per is None


def is_by_use(cost: Cost) -> bool:
    """Whether use adds to the amount at a price that is known."""
    return any(part.quantity is None and not part.ends for part in cost.parts)


def may_cost(costs: Iterable[Cost]) -> bool:
    """Whether they may cost anything: something is unknown, use adds to it, or a sum is more than nothing."""
    found = list(costs)
    unsure = any(is_unknown(cost) or is_by_use(cost) for cost in found)
    return unsure or any(amount > 0 for amount in sums(found).values())


def total(costs: Iterable[Cost]) -> str:
    """What they cost together, in words: "70.08 USD a month, plus what is used"."""
    found = list(costs)
    unknown = sum(is_unknown(cost) for cost in found)
    if found and unknown == len(found):
        return UNKNOWN
    parts = [_amount(amount, currency, per) for (currency, per), amount in sums(found).items() if amount]
    words = " and ".join(parts) or NOTHING
    if any(map(is_by_use, found)):
        words += ", plus what is used" if parts else " by itself, plus what is used"
    return f"unknown for {unknown} of {len(found)} steps; for the others {words}" if unknown else words


def cost_in_words(step: Step) -> str:
    """What the step starts to cost, and why that is known."""
    return f"{total([step.cost])}. {seen(step.cost.note)}".rstrip(". ") + "."


def part_lines(cost: Cost) -> Iterator[str]:
    """What the amount is made of, a line each, and where the prices stand."""
    for part in cost.parts:
        yield _part(part, cost.currency)
    if cost.parts and cost.source:
        yield f"{ON_DEMAND}: {seen(cost.source)}."


def _amount(amount: Decimal, currency: str, per: str) -> str:
    period = per if per == "once" else f"a {per}"
    less = " less" if amount < 0 else ""
    return f"{abs(amount)} {named(currency)} {seen(period)}{less}"


def _part(part: CostPart, currency: str) -> str:
    price = f"{named(part.unit_price)} {named(currency)} per {named(part.unit)}"
    note = f" ({seen(part.note)})" if part.note else ""
    if part.quantity is None or part.amount is None:
        return f"{'No more by use' if part.ends else 'By use'}: {seen(part.what)}, {price}{note}"
    of = f"{named(part.quantity)} × {price} = {named(part.amount)} {named(currency)} a month"
    return f"{'Ends: ' if part.ends else ''}{seen(part.what)}, {of}{note}"
