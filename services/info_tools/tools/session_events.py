"""Informational tool, for the gateway alone, that says what AWS recorded under a plan's role session."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.info_tools.toolbox import toolbox
from services.info_tools.trail.session import session_events
from services.info_tools.trail.sources import home_of_global
from shared.aws.clients import Aws
from shared.messages import Effect
from shared.plans.evidence import SessionEvents

SessionName = Annotated[str, Field(pattern=r"^[\w+=,.@-]{1,64}$")]
SessionNames = Annotated[list[SessionName], Field(min_length=1, max_length=5)]


@toolbox.tool(effect=Effect.READ, iam_actions=("cloudtrail:LookupEvents",), timeout=120, internal=True)
def list_session_events(
    aws: Aws, session_names: SessionNames, since: float, regions: list[str] | None = None
) -> SessionEvents:
    """List the events of CloudTrail's history that name a role session; in the session's regions and the given ones.

    Args:
        session_names: The role sessions' names.
        since: From when on, Unix seconds.
        regions: Further regions.
    """
    home = home_of_global(aws.info.partition)
    # A thief of the credentials may be in any region; where the plan acted is among these.
    places = dict.fromkeys([*aws.info.regions, *(regions or ()), *([home] if home else [])])
    return session_events(aws, session_names, since, tuple(places))
