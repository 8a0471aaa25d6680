"""What a comparison found; stored with the plan, so that its page can show the last one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages import Gap, Record

CallState = Literal[
    "seen_by_both",
    "answer_lost",
    "other_call",
    "not_delivered_yet",
    "missing",
    "not_recorded",
    "unknown",
]
EventKind = Literal["only_by_aws", "made_by_cloud_control", "made_by_service", "dry_run", "unknown_read"]
Verdict = Literal["alarm", "incomplete", "waiting", "unexplained", "agrees"]


class ComparedCall(Record):
    """One request of the plan's journal, and what AWS's event history has of it."""

    step: str
    undoing: bool = Field(description="It took the step back.")
    service: str
    operation: str
    region: str
    state: CallState = Field(
        description="seen_by_both: AWS has this request id; answer_lost: AWS has such a call, and the answer with its "
        "id was never read; other_call: AWS has this request id as another call; not_delivered_yet: AWS does not have "
        "it, and may be late; missing: it is older than that, and AWS does not have it; not_recorded: the history "
        "never has such calls; unknown: part of the history could not be read."
    )
    request_id: str | None
    request_token: str | None = Field(description="Cloud Control's, of the request that this call began.")
    sent_at: float
    status: int | None = Field(description="The HTTP status of AWS's answer; null where none was read.")
    error_code: str | None
    event_id: str | None = Field(description="AWS's event of it.")


class ForeignEvent(Record):
    """One event under the plan's role sessions that is no request of its journal. All but `kind` is text of others."""

    kind: EventKind = Field(
        description="only_by_aws: an alarm, somebody else used the plan's credentials, or its name; "
        "made_by_cloud_control and made_by_service: AWS called in the plan's name, for what the plan asked; "
        "dry_run: EC2 was asked, while the plan was prepared, whether it would carry a call out; "
        "unknown_read: it changed nothing, and the journal does not have it."
    )
    session_name: str
    event_id: str
    event_name: str
    event_source: str
    time: float
    region: str
    request_id: str | None
    invoked_by: str | None
    source_address: str | None
    user_agent: str | None
    error_code: str | None
    resources: tuple[str, ...] = ()


class Evidence(Record):
    """A plan's journal beside AWS's event history, as of `asked_at`. Times are Unix seconds."""

    plan_id: str
    asked_at: float
    verdict: Verdict = Field(
        description="alarm: AWS has a change under the plan's name that the journal does not have; incomplete: part of "
        "the history could not be read; waiting: AWS may not have delivered all events yet; unexplained: AWS lacks a "
        "call that it accepted; agrees: both have the same."
    )
    session_names: tuple[str, ...]
    searched_from: float
    regions_searched: tuple[str, ...]
    complete_after: float = Field(description="From when on AWS has delivered all events; ask again then.")
    calls: tuple[ComparedCall, ...]
    events: tuple[ForeignEvent, ...]
    own_reads: int = Field(description="Reads that the journal has too.")
    not_listed: int = Field(default=0, description="Further events, for which there is no room.")
    gaps: tuple[Gap, ...] = ()

    @property
    def alarms(self) -> tuple[ForeignEvent, ...]:
        """The events that only AWS has."""
        return tuple(one for one in self.events if one.kind == "only_by_aws")
