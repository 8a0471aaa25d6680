"""What the sweep has to know of a kind of resource: which call lists it, how it is counted, and what is flagged.

    Listing(
        "ec2", "volumes", "describe_volumes", "Volumes", action="ec2:DescribeVolumes", name="VolumeId",
        state="State", figures={"storage_gib": "Size"}, attention=(Attention("unattached", "State == 'available'"),),
    )

Paths are JMESPath expressions of this code, never of a caller: `path` over a page, the others over one item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.parser import ParsedResult


@lru_cache(maxsize=1024)
def compiled(expression: str) -> ParsedResult:
    """A JMESPath expression, parsed once."""
    return jmespath.compile(expression)


def value_of(expression: str, item: Any) -> Any:
    """What an expression finds in an item; None where it finds nothing."""
    return compiled(expression).search(item)


@dataclass(frozen=True, slots=True)
class Attention:
    """What an item is flagged for: an expression that holds for it, or a function where that depends on the time."""

    what: str
    where: str | Callable[[Any, datetime], bool]

    def holds(self, item: Any, now: datetime) -> bool:
        found = value_of(self.where, item) if isinstance(self.where, str) else self.where(item, now)
        return bool(found)


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind of resource.

    `operation` is botocore's method name, `action` the IAM action that it needs. `name` finds what an item is called,
    `state` by what items are counted apart, `figures` numbers that are added up. Items for which `counted` finds
    nothing are left out, such as those that AWS still lists an hour after they were deleted. A listing that
    `is_global` is asked once, in the session's region.
    """

    service: str
    resource: str
    operation: str
    path: str
    action: str
    name: str = "@"
    state: str = ""
    counted: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)
    attention: tuple[Attention, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    is_global: bool = False

    @property
    def label(self) -> str:
        """Names it in an answer and in gaps."""
        return f"{self.service} {self.resource}"
