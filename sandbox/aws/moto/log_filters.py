"""CloudWatch's filter patterns of plain terms, of which moto knows single ones only.

"a b" has both, "?a ?b" any of them, "-a" has it not, quotation marks hold a phrase together:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForLogs.html
"""

from __future__ import annotations

import re

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')


def fits(pattern: str, message: str) -> bool:
    """Whether a line fits a pattern of terms; case counts, as in AWS. One of JSON or columns fits every line."""
    stripped = pattern.strip()
    if not stripped or stripped[0] in "{[%":
        return True
    wanted: dict[str, list[bool]] = {"": [], "?": [], "-": []}
    for sign, quoted, plain in _TERM.findall(stripped):
        wanted[sign].append((quoted.replace('\\"', '"') or plain) in message)
    return all(wanted[""]) and not any(wanted["-"]) and (any(wanted["?"]) or not wanted["?"])


def apply_log_filters() -> None:
    """Patch moto."""
    from moto.logs import models

    class Filter:
        def __init__(self, pattern: str) -> None:
            self._pattern = pattern or ""

        def matches(self, message: str) -> bool:
            return fits(self._pattern, message)

    setattr(models, "EventMessageFilter", Filter)  # noqa: B010  # a patch, not a member
