"""Listings that AWS pages only when asked to: without a page size they end after so many items and give no token.

SQS is the known case: "You must set MaxResults to receive a value for NextToken in the response". Which operations are
like that is read from what botocore's models say of the parameter; a paginator's own data does not tell.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import botocore.session

# What the models say of such a parameter, without its markup.
_ONLY_WHEN_ASKED = re.compile(r"\bmust (set|specify|provide|include|use) \w+ (in order )?to (receive|get|return)", re.I)
_RANGE = re.compile(r"\b1 (?:to|and|-) ([\d,]+)")
_UP_TO = re.compile(r"\bmaximum of ([\d,]+) results")
_MARKUP = re.compile(r"<[^>]+>")


class PagedWhenAsked(NamedTuple):
    """An operation that pages only when asked. `largest` is the largest page, None where the model does not say."""

    largest: int | None


def paged_when_asked(client: Any, operation: str) -> PagedWhenAsked | None:
    """What to ask of an operation (botocore's method name) that pages only when asked; None for any other."""
    return _found(client.meta.service_model.service_name, client.meta.method_to_api_mapping[operation])


@lru_cache(maxsize=1024)
def _found(service: str, operation: str) -> PagedWhenAsked | None:
    session = botocore.session.get_session()
    try:
        limit = session.get_paginator_model(service).get_paginator(operation).get("limit_key")
    except ValueError:
        return None  # the operation has no paginator, and so no pages
    model = session.get_service_model(service).operation_model(operation)
    shape = model.input_shape.members.get(limit) if limit and model.input_shape else None
    if shape is None:
        return None
    said = _MARKUP.sub("", shape.documentation)
    if not _ONLY_WHEN_ASKED.search(said):
        return None
    largest = shape.metadata.get("max")
    if largest is None:
        named = _RANGE.search(said) or _UP_TO.search(_MARKUP.sub("", model.documentation))
        largest = named and int(named[1].replace(",", ""))
    return PagedWhenAsked(largest)
