"""Log groups in standing grants: the ARN of a group, and what a pattern of them has to look like.

Gateway and executor both check a pattern with it: the one when a person grants, the other before it reads.
"""

from __future__ import annotations

import re

READ_LOGS = "read_logs"
"""The tool that reads a log group under a standing grant; what such a grant has for its `operation`."""

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
NAME = r"[.\-_/#A-Za-z0-9]{1,512}"
_PATTERN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):logs:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):log-group:"
    r"(?P<name>[.\-_/#A-Za-z0-9]{1,512})(?P<star>\*?)"
)
# How many characters a prefix has before its `*`, at least.
MIN_PREFIX = 4


def arn_of(partition: str, region: str, account: str, name: str) -> str:
    """A log group's ARN, without the ":*" that some of AWS's answers end with."""
    return f"arn:{partition}:logs:{region}:{account}:log-group:{name}"


def as_pattern(resource: str) -> str | None:
    """What a grant may name: one log group, or a prefix of them that ends with `*`; None for anything else.

    Region and account are spelled out, and AWS's own form of the ARN, with ":*" at its end, is the group itself.
    """
    found = _PATTERN.fullmatch(resource.removesuffix(":*"))
    if found is None or (found["star"] and len(found["name"]) < MIN_PREFIX):
        return None
    return found[0]


def covers(pattern: str, arn: str) -> bool:
    """Whether a pattern, as `as_pattern` returns it, is of this log group."""
    return arn.startswith(pattern[:-1]) if pattern.endswith("*") else arn == pattern
