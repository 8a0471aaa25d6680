"""Refuses a request whose JSON holds a key or token, before anything of it is stored or sent anywhere."""

from __future__ import annotations

import json
from typing import Annotated

import structlog
from fastapi import Depends, Request
from pydantic import JsonValue

from services.orchestrator.routes.auth import CurrentSession
from services.orchestrator.sessions.session import Session
from shared.errors import InvalidArguments
from shared.secrets import in_plans as secrets_in_plans
from shared.secrets import in_text as secrets_in_text

log = structlog.get_logger(__name__)


def _steps(body: dict[str, JsonValue], path: str) -> list[JsonValue]:
    """The steps of a proposal, or the arguments that an edit gives to some, as steps."""
    if path.endswith("/edit") and isinstance(given := body.get("arguments"), dict):
        return [{"id": step, "arguments": arguments} for step, arguments in given.items()]
    return steps if isinstance(steps := body.get("steps"), list) else []


def _refuse_steps(steps: list[JsonValue], path: str) -> None:
    """Raise InvalidArguments (`secret_in_plan`): before an Idempotency-Key keeps as much as the request's hash."""
    for number, step in enumerate(steps, 1):
        if isinstance(step, dict):
            try:
                secrets_in_plans.check_step(number, step)
            except InvalidArguments as refusal:
                log.info("secret_refused", kind=refusal.code, path=path)
                raise


def _in_reason(body: JsonValue) -> tuple[str, tuple[str, ...]] | None:
    """A secret in why a plan is rejected, which page and audit log keep: also a password that words announce."""
    reason = body.get("reason") if isinstance(body, dict) else None
    kind = secrets_in_plans.in_text(reason) if isinstance(reason, str) else None
    return (kind, ("reason",)) if kind else None


async def refuse_secrets(request: Request, session: CurrentSession) -> Session:
    """FastAPI dependency of every route that takes a person's text; the request's session. Raises InvalidArguments
    (`secret_in_message`, of a plan's steps `secret_in_plan`)."""
    body = await request.body()
    try:
        value = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return session  # the route refuses what is no JSON
    check_secrets(value, request.scope["path"])
    return session


def check_secrets(value: JsonValue, path: str) -> None:
    """Raise InvalidArguments for a secret in what a person sent: `secret_in_message`, of a plan's steps
    `secret_in_plan`."""
    if isinstance(value, dict):
        _refuse_steps(_steps(value, path), path)
    found = secrets_in_text.find_in_value(value) or _in_reason(value)
    if found is None:
        return
    kind, where = found
    field = ".".join(where) or "body"
    log.info("secret_refused", kind=kind, path=path)
    raise InvalidArguments(
        f"{field} holds what looks like {kind}. Nothing of this request was stored or sent to a model: take it out and "
        "send the rest again. AWS keys belong in POST /v1/sessions and nowhere else. If it was also shown elsewhere, "
        "replace it where it was issued",
        code="secret_in_message",
        errors=[{"field": field, "message": f"holds what looks like {kind}"}],
    )


# For a route that is called often: FastAPI goes through the dependencies of a session once, and not for both.
CheckedSession = Annotated[Session, Depends(refuse_secrets)]
