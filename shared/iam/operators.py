"""The comparisons behind condition operators: numbers, dates, addresses, ARNs and binary values."""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.iam.match import Pattern, glob
from shared.iam.truth import Truth, Unknown

_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)
# https://www.w3.org/TR/NOTE-datetime
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII
)


class Invalid(ValueError):
    """A value is not of the operator's type."""


def number(text: str) -> Decimal:
    """A decimal number. Raises Invalid."""
    if not _NUMBER.fullmatch(text.strip()):
        raise Invalid(f"{text!r} is not a number")
    return Decimal(text.strip())


def moment(text: str) -> Decimal:
    """Seconds since 1970 of an ISO 8601 date (W3C profile; without a zone UTC) or of seconds. Raises Invalid."""
    text = text.strip()
    if re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", text, re.ASCII):
        return Decimal(text)
    found = _DATE.fullmatch(text)
    if found is None:
        raise Invalid(f"{text!r} is not a date")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        whole = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError as error:
        raise Invalid(f"{text!r} is not a date: {error}") from None
    offset = timedelta()
    if zone and zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    seconds = (whole - datetime(1970, 1, 1, tzinfo=UTC) - offset) // timedelta(seconds=1)
    return Decimal(seconds) + Decimal(fraction or 0)


def in_network(actual: str, wanted: str) -> bool:
    """Whether an address is in a CIDR range (one address without a prefix). Raises Invalid."""
    try:
        network = ipaddress.ip_network(wanted.strip(), strict=False)
    except ValueError:
        raise Invalid(f"{wanted!r} is not an address or a range in CIDR form") from None
    try:
        return ipaddress.ip_address(actual.strip()) in network
    except ValueError:
        raise Invalid(f"{actual!r} is not an IP address") from None


def binary(text: str) -> str:
    """Text in base64. Raises Invalid."""
    if not _BASE64.fullmatch(text):
        raise Invalid(f"{text!r} is not base64")
    return text


def arn_matches(actual: str, pattern: Pattern) -> Truth:
    """Each of the six parts on its own, so that a wildcard does not cross the first five colons."""
    wanted: list[Pattern] = [[]]
    for part in pattern:
        if part == ":" and len(wanted) < 6:
            wanted.append([])
        else:
            wanted[-1].append(part)
    parts = actual.split(":", 5)
    if len(wanted) != 6 or wanted[0] != ["a", "r", "n"]:
        return Unknown("an Arn condition has a value that is not an ARN")
    if len(parts) != 6 or parts[0] != "arn":
        return Unknown(f"{actual!r} is not an ARN")
    return all(glob(one, part) for one, part in zip(wanted, parts, strict=True))


def _both(parse: Callable[[str], Decimal], compare: Callable[[Any, Any], bool]) -> Callable[[str, str], bool]:
    return lambda actual, wanted: compare(parse(actual), parse(wanted))


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}

COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    **{f"numeric{name}": _both(number, compare) for name, compare in _ORDERS.items()},
    **{f"date{name}": _both(moment, compare) for name, compare in _ORDERS.items()},
    "ipaddress": in_network,
    # Both are base64, the policy's value by its grammar and the context's as IAM's own simulator takes it.
    "binaryequals": lambda actual, wanted: binary(actual) == binary(wanted),
}
"""Positive operators without variables: (the request's value, the policy's) -> whether they match."""

TEXT = {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "bool"}
"""Positive operators whose values may have policy variables."""

NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}
"""Negated operators and what they negate."""
