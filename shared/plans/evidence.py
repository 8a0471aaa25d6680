"""A plan's evidence: what its journal says was sent to AWS, and what AWS's event history says of the same calls.

The executor tells the one and the informational agent the other, each signed by its own worker; the gateway compares
them. So neither can leave a call out that the other one has.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages import Record


class SentRequest(Record):
    """One request as it left for AWS. Without an `id` no answer was read, so that AWS's id of it is not known."""

    at: float = Field(description="When it left, Unix seconds.")
    id: str = Field(default="", description="AWS's request id.")
    status: int = Field(default=0, description="The HTTP status of AWS's answer; 0 where none was read.")
    code: str = Field(default="", description="AWS's error code, where it refused or failed.")


class JournaledCall(Record):
    """One call of AWS that a step made to change something, with every request that was sent for it.

    `service` and `operation` are botocore's and AWS's names ("s3", "CreateBucket"). `not_kept` counts requests that
    were refused and of which the journal has no more room.
    """

    step: str
    undoing: bool = Field(default=False, description="The call took the step back.")
    service: str
    operation: str
    region: str = Field(default="", description="Where it was sent; empty in journals of older versions.")
    state: Literal["intent", "done", "refused"]
    sent: tuple[SentRequest, ...] = ()
    not_kept: int = 0
    request_token: str | None = Field(default=None, description="Cloud Control's, of the request it began.")


class JournaledRead(Record):
    """One request with which a step looked at AWS, or read a value for a person."""

    step: str
    service: str
    operation: str
    region: str
    at: float
    id: str
    status: int


class JournaledCalls(Record):
    """All that a plan's journal says of requests to AWS; the newest reads of each step alone."""

    plan_id: str
    calls: tuple[JournaledCall, ...] = ()
    reads: tuple[JournaledRead, ...] = ()


class TrailEvent(Record):
    """One event of CloudTrail's event history. All of it is text of others."""

    session_name: str
    event_id: str = Field(max_length=200)
    event_name: str
    event_source: str = Field(description='Such as "s3.amazonaws.com".')
    time: float = Field(description="Unix seconds.")
    region: str
    request_id: str | None
    read_only: bool
    invoked_by: str | None = Field(description="The AWS service that called in the session's name.")
    source_address: str | None
    user_agent: str | None
    error_code: str | None
    resources: tuple[str, ...] = ()


class SessionEvents(Record):
    """The events that name one of some role sessions; regions that could not be read whole are gaps of the answer."""

    session_names: tuple[str, ...]
    searched_from: float = Field(description="Unix seconds.")
    asked_at: float = Field(description="Unix seconds.")
    regions_searched: tuple[str, ...] = Field(description="Regions that answered.")
    events: tuple[TrailEvent, ...] = Field(description="Newest first.")
