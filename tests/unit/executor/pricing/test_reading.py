"""The price list is asked once for a product, for every account, and in the regions where it can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from services.executor.pricing.items import Query, Unpriced
from services.executor.pricing.reading import MAX_AGE_SECONDS, MAX_KEPT, PriceCache, PriceReader
from tests.unit.executor.pricing.fake_aws import FakeAws, denied
from tests.unit.executor.pricing.price_texts import REGION, product

FAMILY = (("productFamily", "NAT Gateway"),)
HOURS = Query("AmazonEC2", REGION, FAMILY, "NatGateway-Hours")
DATA = Query("AmazonEC2", REGION, FAMILY, "NatGateway-Bytes")
TEXTS = [product(), product(usage="EU-NatGateway-Bytes", unit="GB", price="0.05")]


def reader(aws: FakeAws, cache: PriceCache | None = None, **more: Any) -> PriceReader:
    give: Callable[[], Any] = lambda: aws  # noqa: E731
    return PriceReader(give, more.get("partition", "aws"), more.get("region", REGION), cache or PriceCache())


def test_products_of_one_family_are_asked_for_once() -> None:
    aws, cache = FakeAws(TEXTS), PriceCache()
    assert reader(aws, cache).price(HOURS).unit == "Hrs"
    assert reader(aws, cache).price(DATA).unit == "GB"
    other_session = FakeAws(answers={"get_products": denied("GetProducts")})
    assert reader(other_session, cache).price(HOURS).unit == "Hrs"
    [(operation, region, parameters)] = aws.asked
    assert (operation, region) == ("pricing:get_products", "us-east-1")
    assert parameters["ServiceCode"] == "AmazonEC2"
    assert parameters["Filters"] == [
        {"Type": "TERM_MATCH", "Field": "productFamily", "Value": "NAT Gateway"},
        {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-west-1"},
    ]
    assert other_session.asked == []


@pytest.mark.parametrize(
    ("partition", "region", "endpoint"),
    [
        ("aws", "eu-west-1", "us-east-1"),
        ("aws", "eu-central-1", "eu-central-1"),
        ("aws-cn", "cn-north-1", "cn-northwest-1"),
    ],
)
def test_it_is_asked_where_it_can_be(partition: str, region: str, endpoint: str) -> None:
    aws = FakeAws(TEXTS)
    reader(aws, partition=partition, region=region).price(HOURS)
    assert aws.asked[0][1] == endpoint


def test_a_partition_without_a_price_list_has_no_prices() -> None:
    aws = FakeAws(TEXTS)
    with pytest.raises(Unpriced, match="aws-us-gov"):
        reader(aws, partition="aws-us-gov").price(HOURS)
    assert aws.asked == []


def test_all_pages_are_read_and_too_many_are_no_question() -> None:
    assert reader(FakeAws(TEXTS, pages=1)).price(DATA).unit == "GB"
    with pytest.raises(Unpriced, match="more than 3 products"):
        reader(FakeAws(TEXTS * 2, pages=1)).price(HOURS)


def test_who_may_not_read_prices_is_told_which_permission_is_missing() -> None:
    aws, cache = FakeAws(answers={"get_products": denied("GetProducts")}), PriceCache()
    with pytest.raises(Unpriced, match="AWS denies pricing:GetProducts"):
        reader(aws, cache).price(HOURS)
    # A denial is one session's and is not kept.
    assert reader(FakeAws(TEXTS), cache).price(HOURS).unit == "Hrs"


def test_an_endpoint_that_does_not_answer_is_a_reason() -> None:
    aws = FakeAws(answers={"get_products": ConnectTimeoutError(endpoint_url="https://api.pricing")})
    with pytest.raises(Unpriced):
        reader(aws).price(HOURS)


def test_prices_are_asked_for_again_after_some_hours() -> None:
    now = 0.0
    aws, cache = FakeAws(TEXTS), PriceCache(clock=lambda: now)
    reader(aws, cache).price(HOURS)
    now = MAX_AGE_SECONDS
    reader(aws, cache).price(HOURS)
    assert len(aws.asked) == 1
    now = MAX_AGE_SECONDS + 1
    reader(aws, cache).price(HOURS)
    assert len(aws.asked) == 2


def test_the_oldest_questions_are_forgotten_first() -> None:
    cache = PriceCache()
    for number in range(MAX_KEPT + 1):
        cache.products(("aws", "AmazonEC2", (("number", str(number)),)), lambda: ())
    asked: list[int] = []
    for number in (MAX_KEPT, 0):
        cache.products(
            ("aws", "AmazonEC2", (("number", str(number)),)), lambda number=number: asked.append(number) or ()
        )
    assert asked == [0]
