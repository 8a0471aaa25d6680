"""Reads the moments in AWS's answers: in the form that nearly all have quickly, in any other as botocore does."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from botocore.utils import parse_timestamp

# https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait, "date-time" in UTC.
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z", re.ASCII)


def timestamp(value: Any) -> datetime:
    """A moment with its time zone. Raises what botocore's own parser does for what is none."""
    if isinstance(value, str) and _DATE_TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:  # such as a 61st second
            pass
    parsed: datetime = parse_timestamp(value)
    return parsed
