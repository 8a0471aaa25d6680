"""One call of AWS that changes something, as an operation asks for it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The namespace of our idempotency tokens. Another one would give a call under way another token.
_TOKENS = uuid.UUID("6f6b1c1e-6d4d-5d0e-9d0c-0b6a2f1f7a55")


@dataclass(frozen=True, slots=True)
class Request:
    """`operation` is AWS's name ("CreateRole"), `service` botocore's ("iam"); without `region` it is the session's."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str | None = None

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


def with_token(client: Any, request: Request, purpose: str) -> dict[str, Any]:
    """The request's parameters, with an idempotency token where the API takes one.

    The token follows from `purpose` (plan and step) and the request's name, so every send of a call carries the same.
    A token among the parameters is kept.
    """
    tokens = client.meta.service_model.operation_model(request.operation).idempotent_members
    made = {name: token_of(purpose, request.name, name) for name in tokens}
    return made | dict(request.parameters)


def token_of(purpose: str, request: str, member: str) -> str:
    """The token that follows from plan and step (`purpose`), the request's name and the member that takes it."""
    return str(uuid.uuid5(_TOKENS, f"{purpose}/{request}/{member}"))
