"""The names under which CloudTrail may know a resource, from a name, an id or an ARN.

CloudTrail compares names exactly, and services differ in what they record: S3 a bucket's name, Lambda a function's
ARN, IAM both. So an event is looked for under the ARN and under its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.info_tools.trail.sources import GLOBAL, event_source
from shared.errors import InvalidArguments

_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
MAX_NAME = 1024


@dataclass(frozen=True, slots=True)
class Subject:
    """What to look for. `source` is set where events of other services under a mere name are of something else."""

    exact: str
    parts: tuple[str, ...] = ()
    region: str | None = None
    source: str | None = None
    is_global: bool = False
    # A function's ARN, where a mere name may be one's; the region is still to be filled in.
    function: str | None = None

    def names(self, region: str) -> tuple[str, ...]:
        """The values of ResourceName to look up in a region, the surest first."""
        made = (self.function.format(region=region),) if self.function else ()
        return tuple(dict.fromkeys((self.exact, *self.parts, *made)))

    def fits(self, found_under: str, source: str) -> bool:
        """Whether an event that was found under one of the names is about this resource."""
        return found_under not in self.parts or self.source in (None, source) or source.startswith("tagging.")


def subject_of(resource: str, partition: str, account: str) -> Subject:
    """Read a resource's name, id or ARN. Raises InvalidArguments for one that is empty or too long."""
    said = resource.strip()
    if not said or len(said) > MAX_NAME:
        raise InvalidArguments(f"resource: a name, an id or an ARN of 1 to {MAX_NAME} characters")
    fields = said.split(":", 5)
    if fields[0] != "arn" or len(fields) < 6:
        function = (
            f"arn:{partition}:lambda:{{region}}:{account}:function:{said}" if _FUNCTION_NAME.fullmatch(said) else None
        )
        return Subject(exact=said, function=function)
    service, region, rest = fields[2], fields[3], fields[5]
    try:
        source = event_source(service)
    except InvalidArguments:
        source = None
    parts = tuple(dict.fromkeys(part for part in _parts(service, rest) if part and part != "*"))
    return Subject(
        exact=said.removesuffix(":*"),
        parts=parts,
        region=region or None,
        source=source,
        is_global=source in GLOBAL,
    )


def _parts(service: str, rest: str) -> Iterator[str]:
    """Names within an ARN's last field: "role/team/x" is "x", "function:x:live" is "x", "bucket/key" is "bucket"."""
    if service == "s3":
        yield rest.partition("/")[0]
        return
    kind, separator, name = _split(rest)
    name = name.removesuffix(":*") if separator else rest
    if kind in ("function", "stack"):
        yield re.split(r"[:/]", name, maxsplit=1)[0]
        return
    yield name
    if not name.startswith("/"):
        yield name.rsplit("/", 1)[-1]


def _split(rest: str) -> tuple[str, str, str]:
    found = re.search(r"[:/]", rest)
    return (rest[: found.start()], found[0], rest[found.end() :]) if found else ("", "", rest)
