"""`/v1/plans/{plan_id}/steps/{step_id}/value`: what a sensitive read answered, for the person alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.rest import Json, RestModel, Time
from services.orchestrator.routes.auth import CurrentSession, CurrentValueKey
from services.orchestrator.values.reveal import member as member_of
from shared.keys.sealed_values import RevealedValue

router = APIRouter(prefix="/v1/plans", tags=["plans"])

Member = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=200,
        examples=["SecretString"],
        description="One member of AWS's answer, such as `SecretString`, `Body` or `Parameter.Value`: its bytes alone.",
    ),
]
# No copy anywhere: in no cache, and for a browser nothing to guess a kind from.
UNKEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class ValueAnswer(RestModel):
    """AWS's answer. `base64` are the paths in it of texts that are bytes in base64."""

    plan_id: str
    step_id: str
    service: str
    operation: str
    region: str
    value: Json
    base64: list[str]
    complete: bool
    read_at: Time
    expires_at: Time

    @classmethod
    def of(cls, plan_id: str, step_id: str, found: RevealedValue) -> ValueAnswer:
        return cls.model_validate(vars(found) | {"plan_id": plan_id, "step_id": step_id})


_RAW: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "AWS's answer; with `member` the bytes of that member",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/{plan_id}/steps/{step_id}/value", response_model=ValueAnswer, responses=_RAW, summary="A value, for you alone"
)
async def show_value(
    plan_id: str,
    step_id: str,
    session: CurrentSession,
    key: CurrentValueKey,
    gateway: CurrentGateway,
    request: Request,
    member: Member = None,
) -> Response:
    """What a step `read_sensitive` has read. Each look is in the audit log; the value is in no log and no cache.

    403 with the token of another session than the one that ran the plan, 410 once it is not kept any more (15 minutes,
    and never longer than the session).
    """
    found = await gateway.values.show(session, key, plan_id, step_id)
    if member is not None:
        return raw(found, member)
    return respond(request, Answer.of(200, ValueAnswer.of(plan_id, step_id, found), UNKEPT))


def raw(found: RevealedValue, member: str) -> Response:
    """The bytes of one member, to be saved and not shown."""
    body, _ = member_of(found, member)
    headers = UNKEPT | {"Content-Disposition": 'attachment; filename="value"'}
    return Response(body, media_type="application/octet-stream", headers=headers)
