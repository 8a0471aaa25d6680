"""What of an ended plan is no longer as it was left, and who changed it: what the workers tell the gateway.

The executor compares what AWS shows with what the plan's steps left. The informational agent tells, from CloudTrail's
event history, what has been done to the resources since. Neither changes anything, nor the plan's record.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from shared.messages import Message, Record

DriftState = Literal["as_left", "changed", "gone", "unknown"]
# Of one step; the JSON of one value is cut after so many characters.
MAX_VALUES, MAX_VALUE_CHARACTERS, MAX_NAMES = 50, 1000, 4
# The resources of one plan about which AWS's event history is asked, and the events told of each.
MAX_RESOURCES, MAX_EVENTS = 20, 10


class MovedValue(Record):
    """One value that is not as it was left. None is "not set"."""

    path: str = Field(description='JSON pointer (RFC 6901) into the resource; "" is the resource itself.')
    left: JsonValue = None
    now: JsonValue = None
    hidden: bool = Field(default=False, description="It may hold a secret: neither value is shown.")
    left_size: int | None = Field(default=None, description="Characters of `left` as JSON, where it is cut.")
    now_size: int | None = Field(default=None, description="Characters of `now` as JSON, where it is cut.")


class StepDrift(Record):
    """One step, and what AWS shows of what it left; where it has been undone, of what was there before it."""

    step: str
    operation: str
    undone: bool
    left_at: float = Field(description="When the step ended, or was undone; Unix seconds.")
    state: DriftState
    compares: str = Field(default="", description="What was compared, in words; nothing else was.")
    why: str | None = Field(default=None, description="How it differs, or why that is not known.")
    code: str | None = Field(default=None, description="The error's code, where AWS could not be read.")
    values: tuple[MovedValue, ...] = ()
    values_left_out: int = 0
    names: tuple[str, ...] = Field(default=(), description="Names and ARNs by which others know the resource.")
    region: str | None = Field(default=None, description="Where it is; None where that is not known, or nowhere.")


class ComparedPlan(Record):
    """What the executor found of a plan. Steps that left nothing are not among `steps`."""

    plan_id: str
    looked_at: float = Field(description="Unix seconds.")
    steps: tuple[StepDrift, ...]


class ResourceSince(Message):
    """A resource, by every name that it may have in the event history, and from when on its changes are asked for."""

    id: str = Field(max_length=64)
    names: tuple[Annotated[str, Field(min_length=1, max_length=1024)], ...] = Field(min_length=1, max_length=MAX_NAMES)
    since: float = Field(description="Unix seconds.")
    region: str | None = Field(default=None, max_length=40)


class ChangeSince(Record):
    """One event that changed something. All of it is text of others."""

    event_id: str = Field(max_length=200)
    event_name: str
    event_source: str
    time: float = Field(description="Unix seconds, to the second.")
    region: str
    principal: str | None = Field(description="The ARN of who called.")
    name: str | None = Field(description="The user's or the role's name.")
    session_name: str | None
    invoked_by: str | None = Field(description="The AWS service that called in their name.")
    source_address: str | None
    request_id: str | None


class ResourceChanges(Record):
    """What the event history has of one resource, newest first. `verdict` as of `who_changed`."""

    id: str
    verdict: Literal["found", "none_recorded", "unknown"]
    events: tuple[ChangeSince, ...] = ()
    more: int = 0
    unread: str | None = Field(default=None, description="Why part of the history was not seen, where it was not.")


class ChangesSince(Record):
    """The resources in the order in which they were asked for."""

    asked_at: float = Field(description="Unix seconds.")
    shown_until: float = Field(description="What happened after it may not be shown yet; Unix seconds.")
    resources: tuple[ResourceChanges, ...]
