"""Informational tool, for the gateway alone, that says who changed some resources since some moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from services.info_tools.toolbox import toolbox
from services.info_tools.trail.lookup import LATE
from services.info_tools.trail.since import changes_since
from shared.aws.clients import Aws
from shared.messages import Effect
from shared.plans.drift import MAX_RESOURCES, ChangesSince, ResourceSince

Resources = Annotated[list[ResourceSince], Field(min_length=1, max_length=MAX_RESOURCES)]


@toolbox.tool(effect=Effect.READ, iam_actions=("cloudtrail:LookupEvents",), timeout=60, internal=True)
def list_changes_since(aws: Aws, resources: Resources) -> ChangesSince:
    """List who changed each of these resources since a time of its own, by CloudTrail's history. Refused calls are left
    out. AWS takes two calls a second, so that for the last ones the time may run out, which their answer says.

    Args:
        resources: The resources, those first that matter most.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    return ChangesSince(
        asked_at=now.timestamp(),
        shown_until=(now - LATE).timestamp(),
        resources=tuple(changes_since(aws, one, now) for one in resources),
    )
