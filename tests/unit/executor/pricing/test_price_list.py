"""A price list is read strictly: one price for the product that is meant, or none and the reason."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from services.executor.pricing.items import Query, Unpriced
from services.executor.pricing.price_list import Tier, choose, parse
from tests.unit.executor.pricing.price_texts import PROVISIONED_IOPS, REGION, product

HOURS = Query("AmazonEC2", REGION, (("productFamily", "NAT Gateway"),), "NatGateway-Hours")


def test_an_answer_of_aws_is_read() -> None:
    [found] = parse([PROVISIONED_IOPS])
    assert found.product.family == "Storage"
    assert found.attribute("usagetype") == "APS1-EBS:VolumeUsage.piops"
    [term] = found.terms.on_demand.values()
    [dimension] = term.dimensions.values()
    assert (dimension.unit, dimension.price) == ("GB-Mo", {"USD": Decimal("0.138")})
    # It has no `regionCode`, as answers of today do, so that it is not taken for any region's.
    with pytest.raises(Unpriced, match="no such product"):
        choose([found], Query("AmazonEC2", "ap-southeast-1", (), "EBS:VolumeUsage.piops"))


def test_the_one_product_that_is_meant_has_the_price() -> None:
    others = [
        product(usage="EU-NatGateway-Bytes", unit="GB"),
        product(usage="EU-RegionalNatGateway-Hours", price="0.0700000000"),
        product(attributes={"regionCode": "eu-west-2"}, price="0.1"),
        product(family="Other", price="0.2"),
        product(service="AmazonVPC", price="0.3"),
    ]
    found = choose(parse([*others, product()]), HOURS)
    assert found.tiers == (Tier(Decimal(0), Decimal("0.048")),)
    assert (found.currency, found.unit, found.after_free) == ("USD", "Hrs", False)
    assert found.source == "price list AmazonEC2, version 20260925174521, published 2026-09-25"


@pytest.mark.parametrize(
    ("usage", "region"),
    [
        ("NatGateway-Hours", "us-east-1"),
        ("USE1-NatGateway-Hours", "us-east-1"),
        ("EU-NatGateway-Hours", "eu-west-1"),
        ("APN1-NatGateway-Hours", "ap-northeast-1"),
        ("us-west-2-NatGateway-Hours", "us-west-2"),
    ],
)
def test_a_usage_type_may_begin_with_its_region(usage: str, region: str) -> None:
    query = Query("AmazonEC2", region, (), "NatGateway-Hours")
    assert choose(parse([product(usage=usage, attributes={"regionCode": region})]), query).tiers


@pytest.mark.parametrize("usage", ["TS-NatGateway-Hours", "EU-TS-NatGateway-Hours", "EU-NatGateway-Hours:x", ""])
def test_another_usage_type_is_another_product(usage: str) -> None:
    with pytest.raises(Unpriced, match="no such product"):
        choose(parse([product(usage=usage)]), HOURS)


def test_several_products_with_one_price_are_one_and_with_several_prices_none() -> None:
    assert choose(parse([product(), product()]), HOURS).tiers[0].price == Decimal("0.048")
    with pytest.raises(Unpriced, match="2 products of the price list AmazonEC2 match, with different prices"):
        choose(parse([product(), product(price="0.0500000000")]), HOURS)
    with pytest.raises(Unpriced, match="different prices"):
        choose(parse([product(), product(unit="Quantity")]), HOURS)
    with pytest.raises(Unpriced, match="different prices"):
        choose(parse([product(), product(currency="CNY")]), HOURS)


def test_the_most_wanted_value_that_there_is_counts() -> None:
    def priced(engine: str, price: str) -> str:
        return product(
            "AmazonRDS", "Database Storage", "EU-RDS:GP3-Storage", price, "GB-Mo", {"databaseEngine": engine}
        )

    query = Query("AmazonRDS", REGION, (), "RDS:GP3-Storage", ("databaseEngine", ("PostgreSQL", "Any")))
    every = [priced("Any", "0.1"), priced("PostgreSQL", "0.2"), priced("Oracle", "0.3")]
    assert choose(parse(every), query).tiers[0].price == Decimal("0.2")
    assert choose(parse(every[::2]), query).tiers[0].price == Decimal("0.1")


def test_what_is_free_first_is_left_out_and_said() -> None:
    tiers = [("0", "18600", "0.0000000000"), ("18600", "Inf", "0.0006500000")]
    found = choose(parse([product(price=tiers)]), HOURS)
    assert (found.tiers, found.after_free) == ((Tier(Decimal(18600), Decimal("0.00065")),), True)
    # One SKU with the free amount and one without are the same price: DynamoDB has both.
    assert choose(parse([product(price=tiers), product(price="0.0006500000")]), HOURS).tiers[0].price


def test_what_costs_nothing_at_all_has_a_price_of_nothing() -> None:
    found = choose(parse([product(price="0.0000000000")]), HOURS)
    assert (found.tiers, found.after_free) == ((Tier(Decimal(0), Decimal(0)),), False)


def test_a_product_without_a_price_on_demand_has_none() -> None:
    with pytest.raises(Unpriced, match="no price on demand"):
        choose(parse([product(terms="Reserved")]), HOURS)


def test_two_terms_have_to_agree() -> None:
    found = json.loads(product())
    [term] = found["terms"]["OnDemand"].values()
    later = json.loads(json.dumps(term).replace("0.0480000000", "0.0490000000"))
    found["terms"]["OnDemand"]["SKU.OTHER"] = later
    with pytest.raises(Unpriced, match="different prices"):
        choose(parse([json.dumps(found)]), HOURS)


@pytest.mark.parametrize(
    "tiers",
    [
        [("1", "Inf", "0.1")],
        [("0", "10", "0.1")],
        [("0", "10", "0.1"), ("20", "Inf", "0.05")],
        [("0", "Inf", "0.1"), ("0", "Inf", "0.2")],
    ],
)
def test_tiers_that_do_not_follow_each_other_are_no_price(tiers: list[tuple[str, str, str]]) -> None:
    with pytest.raises(Unpriced, match="a form that is not known"):
        choose(parse([product(price=tiers)]), HOURS)


def _without(name: str) -> str:
    found: dict[str, Any] = json.loads(product())
    del found[name]
    return json.dumps(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "{}",
        _without("terms"),
        _without("version"),
        product(price="-0.1"),
        product(price="NaN"),
        product(price="Inf"),
        product(price="cheap"),
        product().replace('"USD": "0.0480000000"', '"USD": 0.048'),
        product().replace('{"USD": "0.0480000000"}', '{"USD": "0.1", "CNY": "0.7"}'),
        product().replace('{"USD": "0.0480000000"}', "{}"),
        None,
        5,
    ],
)
def test_another_form_is_no_price(text: object) -> None:
    with pytest.raises(Unpriced, match="a form that is not known"):
        parse([product(), text])
