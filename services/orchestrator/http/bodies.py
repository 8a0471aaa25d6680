"""What a request's body is made of."""

from __future__ import annotations

from shared.messages import Message


class RequestBody(Message, defer_build=False):
    """Base of what a request says.

    Its checks are made with it, and not with the first request: FastAPI wraps a body in a field with an alias, and
    keeps pydantic from warning of that only while it makes the route.
    """
