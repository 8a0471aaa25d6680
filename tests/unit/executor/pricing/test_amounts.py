"""A cost is made of items and their prices; a figure that is not certain is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.executor.pricing.amounts import Bill, cost_of
from services.executor.pricing.items import GB_MONTHS, MIBPS_MONTHS, Item, Query, Unpriced, by_use, hourly
from services.executor.pricing.price_list import Price, Tier

ONE, OTHER = Query("AmazonEC2", "eu-west-1", (), "one"), Query("AmazonVPC", "eu-west-1", (), "other")


def price(
    each: str, unit: str = "Hrs", *more: tuple[str, str], currency: str = "USD", after_free: bool = False
) -> Price:
    tiers = (Tier(Decimal(0), Decimal(each)), *(Tier(Decimal(begin), Decimal(one)) for begin, one in more))
    return Price(currency, unit, tiers, after_free, f"price list of {unit}")


def test_hours_of_a_month_are_730() -> None:
    cost = cost_of(Bill((hourly("gateway", ONE),)), {ONE: price("0.048")})
    assert (cost.amount, cost.per, cost.currency) == ("35.04", "month", "USD")
    [part] = cost.parts
    assert (part.what, part.unit_price, part.unit, part.quantity, part.amount) == (
        "gateway", "0.048", "Hrs", "730", "35.04",
    )  # fmt: skip


def test_what_is_shown_adds_up() -> None:
    items = (Item("a", ONE, Decimal("0.333"), GB_MONTHS), Item("b", ONE, Decimal("0.333"), GB_MONTHS))
    cost = cost_of(Bill(items), {ONE: price("0.1", "GB-Mo")})
    assert sum(Decimal(part.amount or 0) for part in cost.parts) == Decimal(cost.amount or 0)


def test_an_amount_below_a_cent_is_not_nothing() -> None:
    cost = cost_of(Bill((Item("little", ONE, Decimal(1), GB_MONTHS),)), {ONE: price("0.0004567", "GB-Mo")})
    assert cost.amount == "0.00046"


def test_a_unit_of_the_price_list_may_be_a_multiple_of_ours_and_no_other() -> None:
    item = Item("throughput", ONE, Decimal(512), MIBPS_MONTHS)
    assert cost_of(Bill((item,)), {ONE: price("40.96", "GiBps-mo")}).amount == "20.48"
    assert cost_of(Bill((item,)), {ONE: price("0.04", "MiBps-Mo")}).amount == "20.48"
    with pytest.raises(Unpriced, match="Furlongs"):
        cost_of(Bill((item,)), {ONE: price("1", "Furlongs")})


def test_what_use_decides_has_a_price_and_no_amount() -> None:
    used = by_use("requests", OTHER)
    cost = cost_of(Bill((hourly("gateway", ONE), used)), {ONE: price("0.1"), OTHER: price("0.0000002", "Requests")})
    assert cost.amount == "73.00"
    assert (cost.parts[1].unit_price, cost.parts[1].quantity, cost.parts[1].amount) == ("0.0000002", None, None)
    assert cost.source == "price list of Hrs; price list of Requests"


def test_a_price_by_use_that_is_not_found_is_said_and_one_that_is_certain_makes_all_unknown() -> None:
    bill = Bill((hourly("gateway", ONE), by_use("data", OTHER), by_use("more", OTHER)))
    cost = cost_of(bill, {ONE: price("0.1"), OTHER: Unpriced("no such product")})
    assert (cost.amount, cost.note) == ("73.00", "Prices by use not found: data, more: no such product.")
    with pytest.raises(Unpriced, match="gateway: no such product"):
        cost_of(bill, {ONE: Unpriced("no such product"), OTHER: price("1")})


def test_a_certain_quantity_is_not_priced_by_tiers_that_the_account_fills_together() -> None:
    tiered = price("0.1", "Hrs", ("1000", "0.05"))
    with pytest.raises(Unpriced, match="uses already"):
        cost_of(Bill((hourly("gateway", ONE),)), {ONE: tiered})
    [part] = cost_of(Bill((by_use("data", ONE),)), {ONE: tiered}).parts
    assert (part.unit_price, part.note) == ("0.1", "less from a certain amount on")


def test_an_amount_that_the_account_has_free_is_not_counted_and_said() -> None:
    [part] = cost_of(Bill((hourly("units", ONE),)), {ONE: price("0.1", after_free=True)}).parts
    assert (part.amount, part.note) == ("73.00", "what the account has free is not counted")


def test_currencies_are_not_added() -> None:
    bill = Bill((hourly("one", ONE), hourly("other", OTHER)))
    with pytest.raises(Unpriced, match="different currencies"):
        cost_of(bill, {ONE: price("1"), OTHER: price("1", currency="CNY")})
    assert cost_of(Bill((hourly("one", ONE),)), {ONE: price("1", currency="CNY")}).currency == "CNY"


def test_what_a_step_ends_is_taken_from_what_it_starts() -> None:
    same, before, after = (Item(name, ONE, Decimal(size), GB_MONTHS) for name, size in (("x", 5), ("b", 10), ("a", 30)))
    cost = cost_of(Bill((same, after), (same, before)).changed, {ONE: price("0.1", "GB-Mo")})
    assert cost.amount == "2.00"
    assert [(part.what, part.ends) for part in cost.parts] == [("a", False), ("b", True)]
    gone = cost_of(Bill(ends=(before,)), {ONE: price("0.1", "GB-Mo")})
    assert gone.amount == "-1.00"


def test_two_of_the_same_are_not_one() -> None:
    one = Item("x", ONE, Decimal(5), GB_MONTHS)
    assert Bill((one, one), (one,)).changed == Bill((one,), ())
