"""Pages of lists, with a token that says where the next begins."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sandbox.aws.protocol.errors import AwsError

MAX_RESULTS = 100
DEFAULT_REQUESTS = 20
Item = TypeVar("Item")


def page(items: Sequence[Item], params: Mapping[str, Any], default: int) -> tuple[Sequence[Item], dict[str, str]]:
    """The items of this page, and `NextToken` where there are more."""
    first, size = _start(params.get("NextToken")), int(params.get("MaxResults") or default)
    last = first + size
    following = {"NextToken": base64.b64encode(str(last).encode()).decode()} if last < len(items) else {}
    return items[first:last], following


def _start(token: Any) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(str(token), validate=True))
    except ValueError as error:
        raise AwsError("ValidationException", "NextToken is not valid.") from error
