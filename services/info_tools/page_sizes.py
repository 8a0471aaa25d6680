"""The largest page of a listing that AWS pages only when asked to, by a limit in the request.

SQS is the known case: "You must set MaxResults to receive a value for NextToken in the response". Which operations are
like that the catalogue says (`token_with_limit`); how large a page may be, botocore's models say.
"""

from __future__ import annotations

import re
from functools import lru_cache

from shared.aws.service_models import operation_model

_RANGE = re.compile(r"\b1 (?:to|and|-) ([\d,]+)")
_UP_TO = re.compile(r"\bmaximum of ([\d,]+) results")
_MARKUP = re.compile(r"<[^>]+>")


@lru_cache(maxsize=1024)
def largest_page(service: str, operation: str, limit: str | None) -> int | None:
    """The largest value that the parameter `limit` takes; None where the model does not say."""
    model = operation_model(service, operation)
    shape = model.input_shape.members.get(limit) if limit and model.input_shape else None
    if shape is None:
        return None
    if (largest := shape.metadata.get("max")) is not None:
        return int(largest)
    named = _RANGE.search(_plain(shape.documentation)) or _UP_TO.search(_plain(model.documentation))
    return int(named[1].replace(",", "")) if named else None


def _plain(text: str) -> str:
    return _MARKUP.sub("", text)
