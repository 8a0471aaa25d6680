"""How the audit log looks over REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.orchestrator.rest import Json, RestModel, Time
from shared.audit.report import FaultCode, Report


class AuditActor(RestModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    service: str
    caller_arn: str


class AuditEntry(RestModel):
    """One entry of the audit log; `hash` covers all of it, `prev` is the hash of the entry before."""

    # Shown as it is stored or not at all in this form: a hash is of exactly these values.
    model_config = ConfigDict(extra="forbid", strict=True)

    v: Literal[1]
    id: str
    seq: int
    time: int
    session_id: str
    account: str
    actor: AuditActor
    kind: str
    data: dict[str, Json]
    prev: str
    mac: str
    hash: str


class AuditAnchor(RestModel):
    """How far the log went, signed."""

    v: Literal[1]
    session_id: str
    seq: int
    hash: str
    time: int
    mac: str
    sum: str


class AuditPage(RestModel):
    """Entries, oldest first. One that is damaged, or of a newer version, is shown as it is stored; null is no JSON."""

    items: list[Annotated[AuditEntry | Json, Field(union_mode="left_to_right")]]
    times: list[Time | None] = Field(
        description="When each of `items` was written, in ISO 8601: an entry's own `time` is part of what is hashed."
    )
    next_cursor: str | None
    head: AuditAnchor

    @classmethod
    def of(cls, entries: Sequence[tuple[int, Any]], next_cursor: str | None, head: dict[str, Any]) -> AuditPage:
        """`entries` are numbers and entries."""
        items = [entry for _, entry in entries]
        return cls(items=items, times=[_time_of(entry) for entry in items], next_cursor=next_cursor, head=head)


def _time_of(entry: Any) -> float | None:
    """Unix seconds; None of what is no entry."""
    time = entry.get("time") if isinstance(entry, dict) else None
    return time / 1000 if type(time) is int else None


class AuditFault(RestModel):
    entry: int | None
    code: FaultCode
    detail: str


class AuditHead(RestModel):
    seq: int
    hash: str


class AuditSource(RestModel):
    """The anchors by one service that were compared, up to the entry `reach`."""

    service: str
    anchors: int
    reach: int


class AuditCheck(RestModel):
    """`anchors`: how many outside Redis were compared; without any, a log that was cut off may look whole.

    `sources` says whose they are, `not_shown` what this check leaves open, a sentence each.
    """

    valid: bool
    entries: int
    head: AuditHead
    anchors: int
    sources: list[AuditSource]
    faults: list[AuditFault]
    not_shown: list[str]

    @classmethod
    def of(cls, report: Report) -> AuditCheck:
        return cls(
            valid=report.valid,
            entries=report.entries,
            head=report.head,
            # One is the head in Redis itself; the others are of the file.
            anchors=report.anchors - 1,
            sources=[
                AuditSource(service=service, anchors=source.anchors, reach=source.reach)
                for service, source in report.sources.items()
            ],
            faults=report.faults,
            not_shown=report.not_shown,
        )
