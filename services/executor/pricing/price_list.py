"""AWS's price list, read strictly: one price for one product, or none.

An answer of GetProducts is a list of JSON texts, each a product with its terms:
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html

    {"product": {"productFamily": "NAT Gateway", "attributes": {"regionCode": "eu-west-1", …}, "sku": "…"},
     "serviceCode": "AmazonEC2", "version": "20260925174521", "publicationDate": "2026-09-25T17:45:21Z",
     "terms": {"OnDemand": {"SKU.TERM": {"priceDimensions": {"SKU.TERM.RATE": {"unit": "Hrs", "beginRange": "0",
       "endRange": "Inf", "pricePerUnit": {"USD": "0.0480000000"}}}}}, "Reserved": {…}}}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from services.executor.pricing.items import Query, Unpriced
from shared.text.plain import named

_INFINITE = "Inf"


def _decimal(value: object) -> object:
    """Decimals are texts in a price list; a number that JSON would have rounded is none of its."""
    if not isinstance(value, str):
        raise ValueError("no text")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError("no decimal") from None


_Decimal = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, allow_inf_nan=False)]


class _Dimension(BaseModel):
    unit: str
    begin: _Decimal = Field(default=Decimal(0), alias="beginRange")
    end: str = Field(default=_INFINITE, alias="endRange")
    price: dict[str, _Decimal] = Field(alias="pricePerUnit", min_length=1, max_length=1)


class _Term(BaseModel):
    dimensions: dict[str, _Dimension] = Field(alias="priceDimensions", min_length=1)


class _Terms(BaseModel):
    on_demand: dict[str, _Term] = Field(default={}, alias="OnDemand")


class _Attributes(BaseModel):
    family: str = Field(default="", alias="productFamily")
    attributes: dict[str, str]


class Product(BaseModel):
    """A product of a price list with its terms; what is not needed of it is not read."""

    service: str = Field(alias="serviceCode")
    product: _Attributes
    terms: _Terms
    version: str
    published: str = Field(alias="publicationDate")

    def attribute(self, name: str) -> str:
        return self.product.attributes.get(name, "")


@dataclass(frozen=True, slots=True)
class Tier:
    """What a unit costs from `begin` units a month on."""

    begin: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs. `tiers` begin with the first that costs something, unless none does.

    `after_free`: the account has an amount free each month, of which nobody knows here what is left.
    """

    currency: str
    unit: str
    tiers: tuple[Tier, ...]
    after_free: bool
    source: str


def parse(texts: Iterable[object]) -> list[Product]:
    """The products of an answer. Raises Unpriced for one that does not have the form of a price list."""
    try:
        return [Product.model_validate_json(one if isinstance(one, str) else "") for one in texts]
    except ValidationError:
        raise Unpriced("the price list was answered in a form that is not known") from None


def choose(products: Sequence[Product], query: Query) -> Price:
    """The price of the product that is meant. Raises Unpriced where there is none, or they differ in price."""
    found = _preferred([one for one in products if _is_meant(one, query)], query)
    if not found:
        raise Unpriced(f"the price list {query.service} has no such product in {named(query.region)}")
    prices = {_comparable(price): price for one in found for price in _prices(one)}
    if not prices:
        raise Unpriced(f"the price list {query.service} has no price on demand for it in {named(query.region)}")
    if len(prices) > 1:
        raise Unpriced(f"{len(found)} products of the price list {query.service} match, with different prices")
    return next(iter(prices.values()))


def _is_meant(product: Product, query: Query) -> bool:
    """Whether it is what was asked for, whatever AWS answered."""
    wanted = dict(query.request[1])
    if (
        product.service != query.service
        or wanted.pop("productFamily", product.product.family) != product.product.family
    ):
        return False
    if any(product.attribute(name) != value for name, value in wanted.items()):
        return False
    return query.usage_type is None or _without_region(product.attribute("usagetype"), query.region) == query.usage_type


def _without_region(usage_type: str, region: str) -> str:
    """A usage type without its region: "EU-NatGateway-Hours", "USE1-…", "us-west-2-KMS-Keys", or nothing before it."""
    return re.sub(rf"^(?:[A-Z]{{3}}\d-|EU-|{re.escape(region)}-)", "", usage_type)


def _preferred(products: list[Product], query: Query) -> list[Product]:
    if query.prefers is None:
        return products
    name, values = query.prefers
    for value in values:
        if found := [one for one in products if one.attribute(name) == value]:
            return found
    return products


def _prices(product: Product) -> Iterable[Price]:
    for term in product.terms.on_demand.values():
        dimensions = sorted(term.dimensions.values(), key=lambda one: one.begin)
        currencies = {name for one in dimensions for name in one.price}
        units = {one.unit for one in dimensions}
        ends = [one.end for one in dimensions]
        begins = [one.begin for one in dimensions]
        if len(currencies) != 1 or len(units) != 1 or not _is_whole(begins, ends):
            raise Unpriced("the price list was answered in a form that is not known")
        tiers = [Tier(one.begin, next(iter(one.price.values()))) for one in dimensions]
        paid = [tier for number, tier in enumerate(tiers) if any(one.price for one in tiers[: number + 1])]
        yield Price(
            currency=currencies.pop(),
            unit=units.pop(),
            tiers=tuple(paid or tiers[:1]),
            after_free=bool(paid) and len(paid) < len(tiers),
            source=_source(product),
        )


def _source(product: Product) -> str:
    """Where the price stands, as the list says itself."""
    version, day = named(product.version), named(product.published[:10])
    return f"price list {product.service}, version {version}, published {day}"


def _is_whole(begins: Sequence[Decimal], ends: Sequence[str]) -> bool:
    """Whether the tiers follow each other from nothing to everything."""
    if begins[0] != 0 or ends[-1] != _INFINITE:
        return False
    try:
        return [Decimal(end) for end in ends[:-1]] == list(begins[1:])
    except InvalidOperation:
        return False


def _comparable(price: Price) -> tuple[object, ...]:
    """Two products with the same price are one here, also where the one has an amount free."""
    begins = [Decimal(0), *(tier.begin for tier in price.tiers[1:])]
    return price.currency, price.unit.lower(), tuple(zip(begins, (tier.price for tier in price.tiers), strict=True))
