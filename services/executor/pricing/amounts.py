"""The cost of a step: the items that begin with it and those that end, each with its price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from services.executor.pricing.items import Item, Query, Unpriced
from services.executor.pricing.price_list import Price
from shared.plans.step import Cost, CostPart
from shared.text.plain import named

_CENT = Decimal("0.01")
# Of one step; a page is read by people.
MAX_PARTS = 40
WITHOUT_FREE = "what the account has free is not counted"
_FALLS = "less from a certain amount on"


@dataclass(frozen=True, slots=True)
class Bill:
    """What is paid for after a step, and what is paid for until then; `note` says what cannot be told."""

    starts: tuple[Item, ...] = ()
    ends: tuple[Item, ...] = ()
    note: str = ""

    @property
    def changed(self) -> Bill:
        """Without what is the same before and after."""
        starts, ends = Counter(self.starts), Counter(self.ends)
        return Bill(tuple((starts - ends).elements()), tuple((ends - starts).elements()), self.note)

    @property
    def queries(self) -> Iterator[Query]:
        return (item.query for item in (*self.starts, *self.ends))


def cost_of(bill: Bill, prices: Mapping[Query, Price | Unpriced]) -> Cost:
    """The cost with its parts. Raises Unpriced where a part that is certain to be paid for has no price.

    A part that use decides and that has no price is said in the note.
    """
    if len(bill.starts) + len(bill.ends) > MAX_PARTS:
        raise Unpriced(f"it is made of more than {MAX_PARTS} parts")
    parts: list[CostPart] = []
    sources: list[str] = []
    currencies: list[str] = []
    unread: dict[str, list[str]] = {}
    for item, ends in (*((one, False) for one in bill.starts), *((one, True) for one in bill.ends)):
        price = prices[item.query]
        if isinstance(price, Unpriced):
            if item.quantity is not None:
                raise Unpriced(f"{item.what}: {price}")
            unread.setdefault(str(price), []).append(item.what)
            continue
        parts.append(_part(item, price, ends=ends))
        sources.append(price.source)
        currencies.append(price.currency)
    if len(set(currencies)) > 1:
        raise Unpriced("its prices are in different currencies")
    amount = sum((_signed(part) for part in parts), Decimal(0))
    notes = [bill.note, *(f"Prices by use not found: {', '.join(what)}: {why}." for why, what in unread.items())]
    return Cost(
        amount=_text(amount),
        currency=currencies[0] if currencies else "USD",
        per="month",
        note=" ".join(note for note in notes if note),
        source="; ".join(dict.fromkeys(sources)) or None,
        parts=tuple(parts),
    )


def _part(item: Item, price: Price, *, ends: bool) -> CostPart:
    notes = [item.note, WITHOUT_FREE if price.after_free else ""]
    unit = price.tiers[0].price
    quantity = amount = None
    if item.quantity is not None:
        if len(price.tiers) > 1:
            raise Unpriced(f"{item.what}: the price depends on how much of it the account uses already")
        divisor = (item.units or {}).get(price.unit.lower())
        if divisor is None:
            raise Unpriced(f"{item.what}: the price list counts it in {named(price.unit)}, which is not known")
        quantity = item.quantity / divisor
        amount = _money(quantity * unit)
    elif len(price.tiers) > 1:
        notes.append(_FALLS)
    return CostPart(
        what=item.what,
        unit_price=_plain(unit),
        unit=price.unit,
        quantity=None if quantity is None else _plain(quantity),
        amount=None if amount is None else _text(amount),
        ends=ends,
        note="; ".join(note for note in notes if note),
    )


def _signed(part: CostPart) -> Decimal:
    amount = Decimal(part.amount or 0)
    return -amount if part.ends else amount


def _money(amount: Decimal) -> Decimal:
    """To the cent; an amount below a cent keeps its first two digits, because it is not nothing."""
    rounded = amount.quantize(_CENT, ROUND_HALF_UP)
    if rounded or not amount:
        return rounded
    return Decimal(f"{amount:.1e}")


def _text(amount: Decimal) -> str:
    """With two digits after the point, or with all where two are not enough."""
    return f"{amount:.2f}" if amount == amount.quantize(_CENT) else _plain(amount)


def _plain(value: Decimal) -> str:
    """Without zeros at the end and without an exponent: "0.0000002", "730"."""
    shown = f"{value:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
