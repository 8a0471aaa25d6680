"""What is paid for: one item of a price list, and how many units of it a resource takes in a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from services.executor.registry.operation import UNKNOWN

# What AWS's own calculator reckons with: https://docs.aws.amazon.com/pricing-calculator/latest/userguide/what-is-pricing-calculator.html
HOURS_A_MONTH = Decimal(730)

# Units of price lists in lower case → by what a quantity in our unit is divided. Any other makes a price unknown.
HOURS: Mapping[str, Decimal] = {"hrs": Decimal(1), "hours": Decimal(1), "hour": Decimal(1)}
GB_MONTHS: Mapping[str, Decimal] = {"gb-mo": Decimal(1), "gb-month": Decimal(1)}
IOPS_MONTHS: Mapping[str, Decimal] = {"iops-mo": Decimal(1)}
MIBPS_MONTHS: Mapping[str, Decimal] = {"mibps-mo": Decimal(1), "gibps-mo": Decimal(1024)}


class Unpriced(Exception):
    """Why what a resource costs is not known, in words for a person."""


@dataclass(frozen=True, slots=True)
class Query:
    """One product of a price list.

    Attributes:
        service: AWS's code of the service's price list: "AmazonEC2".
        region: The region's code: "eu-west-1".
        filters: Attribute → value, which AWS compares (`TERM_MATCH`).
        usage_type: `usagetype` without the prefix that says the region, compared here; None for any.
        prefers: An attribute, and its values from the most wanted to the least: those of the first that there is count.
    """

    service: str
    region: str
    filters: tuple[tuple[str, str], ...]
    usage_type: str | None = None
    prefers: tuple[str, tuple[str, ...]] | None = None

    @property
    def request(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What AWS is asked: the price list's code, and every filter in one order."""
        return self.service, tuple(sorted({*self.filters, ("regionCode", self.region)}))


@dataclass(frozen=True, slots=True)
class Item:
    """`quantity` is how many of our units a month; None where use decides. `units` maps the price list's to ours."""

    what: str
    query: Query
    quantity: Decimal | None = None
    units: Mapping[str, Decimal] | None = field(default=None, compare=False)
    note: str = ""


def hourly(what: str, query: Query, count: Decimal | int = 1, note: str = "") -> Item:
    """What is there for the whole month, paid by the hour."""
    return Item(what, query, HOURS_A_MONTH * count, HOURS, note)


def by_use(what: str, query: Query, note: str = "") -> Item:
    """What is paid as it is used; how much that will be nobody says here."""
    return Item(what, query, note=note)


def text(properties: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A property that a price depends on. Raises Unpriced where it is not known, or is not there and has no default."""
    value = properties.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value:
        raise Unpriced(f"the price depends on {name}, which is not known")
    if UNKNOWN in value:
        raise Unpriced(f"the price depends on {name}, which is known only after another step has run")
    return value


def number(properties: Mapping[str, Any], name: str, default: int | None = None) -> Decimal:
    """The same of a number; some types of CloudFormation write theirs as text."""
    value = properties.get(name)
    if value is None and default is not None:
        return Decimal(default)
    if isinstance(value, bool) or value is None or (isinstance(value, str) and UNKNOWN in value):
        raise Unpriced(f"the price depends on {name}, which is not known")
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise Unpriced(f"the price depends on {name}, which is no number") from None
    if not found.is_finite() or found < 0:
        raise Unpriced(f"the price depends on {name}, which is no amount")
    return found


def truth(properties: Mapping[str, Any], name: str) -> bool:
    """The same of what is true or false; false where it is left out."""
    value = properties.get(name)
    if isinstance(value, str) and UNKNOWN in value:
        raise Unpriced(f"the price depends on {name}, which is known only after another step has run")
    return value is True or (isinstance(value, str) and value.lower() == "true")


def mapping(properties: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The same of an object; empty where it is left out."""
    value = properties.get(name)
    if isinstance(value, str) and UNKNOWN in value:
        raise Unpriced(f"the price depends on {name}, which is known only after another step has run")
    return value if isinstance(value, Mapping) else {}


def elements(properties: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The same of a list of objects."""
    value = properties.get(name)
    if isinstance(value, str) and UNKNOWN in value:
        raise Unpriced(f"the price depends on {name}, which is known only after another step has run")
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
