"""What steps start to cost, in words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from shared.plans.step import Cost


def total(costs: Iterable[Cost]) -> str:
    """The sum in words; "unknown" where a part of it is."""
    sums: dict[tuple[str, str], Decimal] = {}
    for cost in costs:
        if cost.amount is None or cost.per is None:
            return "unknown"
        key = (cost.currency, cost.per)
        sums[key] = sums.get(key, Decimal(0)) + Decimal(cost.amount)
    named = [
        f"{amount} {currency} {per if per == 'once' else f'a {per}'}"
        for (currency, per), amount in sums.items()
        if amount
    ]
    return " and ".join(named) or "nothing"
