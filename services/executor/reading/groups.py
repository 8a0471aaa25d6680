"""Where a log group is: in which of the session's regions, or what there is of a similar name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import Aws, translate
from shared.errors import AssistantError, InvalidArguments, NotFound

log = structlog.get_logger(__name__)
MAX_SIMILAR = 5


def region_of(aws: Aws, name: str) -> str:
    """The one region of the session that has a log group of this name.

    Raises NotFound (`log_group_not_found`) with similar names, InvalidArguments (`region_not_chosen`) where several
    have it, and AWS's error where no region could be asked.
    """
    beginning_so: dict[str, list[str]] = {}
    failed: dict[str, AssistantError] = {}
    for region in aws.info.regions:
        try:
            beginning_so[region] = _names(aws.client("logs", region), logGroupNamePrefix=name)
        except (ClientError, BotoCoreError) as error:
            failed[region] = translate(error)
    having = [region for region, names in beginning_so.items() if name in names]
    if len(having) > 1:
        raise InvalidArguments(
            f"region: {name} is in several regions, {', '.join(having)}; name one", code="region_not_chosen"
        )
    if having:
        return having[0]
    if len(failed) == len(aws.info.regions):
        raise next(iter(failed.values()))
    unread = f"; {', '.join(failed)} could not be asked" if failed else ""
    similar = dict.fromkeys(islice(_similar(aws, name, beginning_so), MAX_SIMILAR))
    alike = f"; similar ones: {', '.join(similar)}" if similar else ""
    raise NotFound(
        f"there is no log group {name} in {', '.join(aws.info.regions)}{unread}{alike}. A function's is /aws/lambda/"
        " and its name, once it has written a line",
        code="log_group_not_found",
    )


def _similar(aws: Aws, name: str, beginning_so: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Groups of similar names with their regions; no region is asked before it is needed."""
    for region, names in beginning_so.items():
        for one in chain(names, _alike(aws.client("logs", region), name)):
            if one != name:
                yield f"{one} ({region})"


def _names(client: Any, **wanted: str) -> list[str]:
    return [str(group["logGroupName"]) for group in client.describe_log_groups(limit=50, **wanted)["logGroups"]]


def _alike(client: Any, name: str) -> list[str]:
    """Groups whose names hold the last part of this one's; none where AWS does not take it for a pattern."""
    part = name.rstrip("/").rsplit("/", 1)[-1]
    if len(part) < 3:
        return []
    try:
        return _names(client, logGroupNamePattern=part)
    except (ClientError, BotoCoreError) as error:
        log.info("similar_log_groups_unknown", error=type(error).__name__)
        return []
