"""Rules of the network that let the whole internet in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from shared.messages import Finding
from shared.resource_types.permissions.compare import Part
from shared.resource_types.permissions.found import Severity, finding

_ADDRESSES = frozenset(
    {
        "CidrIp",
        "CidrIpv6",
        "CIDRIP",
        "Cidrs",
        "Ipv6Cidrs",
        "IpRange",
        "PublicAccessCidrs",
        "WhitelistCidr",
        "AllowedCidrs",
    }
)
# Two halves of all addresses are all of them: so is what is nearly all.
_WIDE = {4: 7, 6: 15}
_WEB = frozenset({80, 443})
# Where administrators and databases listen.
_SENSITIVE = frozenset(
    {20, 21, 22, 23, 25, 111, 135, 137, 138, 139, 389, 445, 873, 1433, 1434, 1521, 2049, 2375, 2376, 3306, 3389, 4333,
     5432, 5439, 5500, 5601, 5900, 5985, 5986, 6379, 7000, 8020, 9042, 9092, 9200, 9300, 11211, 27017, 27018, 50070}
)  # fmt: skip
_MANY_PORTS = 100


def open_to_world(type_name: str, part: Part) -> Iterator[Finding]:
    """A finding where the part is an address range from which nearly everybody may come in."""
    outward = "Egress" in type_name or any("Egress" in str(step) or "Outbound" in str(step) for step in part.place)
    if part.name not in _ADDRESSES or outward or not isinstance(part.value, str) or not _is_world(part.value):
        return
    ports, severity = _ports(part.within)
    text = f"Everybody on the internet ({part.value}) is let in, {ports}."
    yield finding("open_to_world", severity, text, part.place)


def _is_world(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    return network.prefixlen <= _WIDE[network.version]


def _ports(rule: Mapping[str, JsonValue]) -> tuple[str, Severity]:
    """The ports of a rule in words, and how bad it is that they are open."""
    protocol = str(rule.get("IpProtocol", rule.get("Protocol", "")))
    if protocol.lower() in ("icmp", "icmpv6", "1", "58"):
        return "by ICMP", "low"
    first, last = _number(rule.get("FromPort")), _number(rule.get("ToPort"))
    if protocol == "-1" or first is None or last is None or first == -1:
        return "on every port that the rule covers", "high"
    ports = f"on port {first}" if first == last else f"on the ports {first} to {last}"
    if any(first <= port <= last for port in _SENSITIVE) or last - first > _MANY_PORTS:
        return ports, "high"
    return ports, "low" if first == last and first in _WEB else "medium"


def _number(value: JsonValue) -> int | None:
    try:
        return int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    except ValueError:
        return None
