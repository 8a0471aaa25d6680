"""Tells who listens of each request that AWS answered, with AWS's id of it: also of one that botocore sent again.

A call of a client may be several requests: botocore repeats what AWS failed to answer, and follows S3 to another
region. Each has an id of its own, by which AWS's own records name it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import botocore.session

# AWS's ids are UUIDs, or 16 hexadecimal digits; an endpoint that is not AWS may send anything.
MAX_ID = 128


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """`service` and `operation` are botocore's and AWS's names, `at` when the answer was read (Unix seconds)."""

    service: str
    operation: str
    region: str
    request_id: str
    status: int
    code: str
    at: float


Hear = Callable[[AnsweredRequest], None]
_hear: ContextVar[Hear | None] = ContextVar("hear_of_requests", default=None)


@contextmanager
def listening(hear: Hear) -> Iterator[None]:
    """Have `hear` told of each request that this thread's calls make in the block; an inner listener hears alone."""
    token = _hear.set(hear)
    try:
        yield
    finally:
        _hear.reset(token)


def tell_of_requests(session: botocore.session.Session) -> None:
    """Have every client that this session makes from now on tell."""
    teller = _Teller()
    events = session.get_component("event_emitter")
    events.register_first("before-parameter-build", teller.before_parameters)
    events.register("response-received", teller.answered)


class _Teller:
    """One session's handlers."""

    def __init__(self) -> None:
        # Events name a service by its id ("cost-explorer"), everything else by its name ("ce").
        self._services: dict[str, str] = {}

    def before_parameters(self, *, model: Any, event_name: str, **_: Any) -> None:
        self._services[event_name.split(".", 2)[1]] = str(model.service_model.service_name)

    def answered(
        self, *, parsed_response: dict[str, Any] | None, context: dict[str, Any], event_name: str, **_: Any
    ) -> None:
        hear = _hear.get()
        about = parsed_response.get("ResponseMetadata", {}) if parsed_response else {}
        request_id = str(about.get("RequestId") or "")
        if hear is None or not request_id or len(request_id) > MAX_ID or not request_id.isprintable():
            return
        _name, service_id, operation = event_name.split(".", 2)
        assert parsed_response is not None
        hear(
            AnsweredRequest(
                service=self._services.get(service_id, service_id),
                operation=operation,
                region=str(context.get("client_region") or ""),
                request_id=request_id,
                status=int(about.get("HTTPStatusCode", 0)),
                code=str(parsed_response.get("Error", {}).get("Code") or "")[:MAX_ID],
                at=time.time(),
            )
        )
