"""IP addresses as numbers: version 4 first, version 6 far behind it."""

from __future__ import annotations

import ipaddress
from fractions import Fraction

from shared.iam.comparison.values import Span, Spans

_VERSION_6 = 2**40


def network(text: str) -> Spans:
    """The addresses of a range in CIDR form, or of one address. Raises ValueError."""
    found = ipaddress.ip_network(text.strip(), strict=False)
    first = Fraction(int(found.network_address) + (_VERSION_6 if found.version == 6 else 0))
    # Up to the first that is not in it, so that nothing is between two ranges side by side.
    return Spans((Span(first, True, first + found.num_addresses, False),))


ALL = Spans(network("0.0.0.0/0").spans + network("::/0").spans)


def address(number: Fraction) -> str:
    """The address of a number."""
    whole = int(number)
    return str(ipaddress.IPv4Address(whole) if whole < _VERSION_6 else ipaddress.IPv6Address(whole - _VERSION_6))
