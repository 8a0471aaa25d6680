"""A JMESPath filter over what was read, evaluated in a child process with bounds (`shared/evaluation`)."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace

from pydantic import JsonValue

from shared.errors import BadRequest, Busy, InvalidArguments
from shared.evaluation import expression as expressions
from shared.evaluation.children import Limits
from shared.evaluation.evaluator import Evaluator

# Over all calls of a worker; each child may take what `Limits` allow.
_AT_ONCE = threading.BoundedSemaphore(2)


def check(expression: str) -> None:
    """Raise InvalidArguments for what is no expression or is over the bounds."""
    try:
        expressions.check(expression)
    except BadRequest as error:
        raise _about_filter(error) from None


def select(expression: str, document: bytes, seconds: float) -> JsonValue:
    """What the expression selects of a JSON document. Raises InvalidArguments, Busy and Unavailable."""
    if not _AT_ONCE.acquire(timeout=max(0.0, seconds)):
        raise Busy("too many filters are being evaluated; try again in a moment", code="too_many_evaluations")
    try:
        limits = Limits()
        evaluator = Evaluator(replace(limits, seconds=max(0.5, min(limits.seconds, seconds))))
        found = asyncio.run(evaluator.search(expression, document))
    except BadRequest as error:
        raise _about_filter(error) from None
    finally:
        _AT_ONCE.release()
    value: JsonValue = json.loads(found)
    return value


def _about_filter(error: BadRequest) -> InvalidArguments:
    """The evaluator calls an expression `path`, as it is called where stored results are read."""
    return InvalidArguments(f"filter{error.detail.removeprefix('path')}", code=error.code)
