"""`/v1/grants`: standing grants, by which a person approves low-risk changes in advance, narrowly and for a time."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.orchestrator.decisions.grants import MAX_SECONDS, MAX_USES, MIN_SECONDS
from services.orchestrator.decisions.view import GrantAnswer, GrantList
from services.orchestrator.gateway import CurrentGateway
from services.orchestrator.http.bodies import RequestBody
from services.orchestrator.http.idempotency import once
from services.orchestrator.http.openapi.declared import IDEMPOTENT, located
from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.routes.auth import CurrentSession

router = APIRouter(prefix="/v1/grants", tags=["grants"])


class GrantRequest(RequestBody):
    """The body of `POST /v1/grants`."""

    operation: str = Field(min_length=1, max_length=64, examples=["create_s3_bucket"])
    resource: str = Field(
        min_length=1,
        max_length=512,
        description="An ARN; one `*` in the resource's name stands for any characters.",
        examples=["arn:aws:s3:::team-logs-*"],
    )
    expires_in: int = Field(ge=MIN_SECONDS, le=MAX_SECONDS, description="Seconds; not beyond the end of this session.")
    max_uses: int = Field(ge=1, le=MAX_USES, description="Steps it may approve.")
    account: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="The account that it is for, by id or name; the session's own by default.",
    )


@router.post(
    "",
    status_code=201,
    response_model=GrantAnswer,
    responses=located(201, "The grant"),
    openapi_extra=IDEMPOTENT,
    summary="Approve in advance",
)
async def make_grant(
    body: GrantRequest, request: Request, session: CurrentSession, gateway: CurrentGateway
) -> Response:
    """Approve in advance. Plans of this owner whose every step it covers then run without being asked for."""

    async def act() -> Answer:
        made = await gateway.decisions.standing.create(
            session, body.operation, body.resource, body.expires_in, body.max_uses, body.account
        )
        shown = GrantAnswer.of(made)
        return Answer.of(201, shown, {"Location": shown.links.self})

    return respond(request, await once(gateway.redis, request, session, await request.body(), act))


@router.get("", summary="Standing grants, oldest first")
async def list_grants(session: CurrentSession, gateway: CurrentGateway) -> GrantList:
    """Your grants with their uses; revoked ones are gone."""
    return GrantList.of(*await gateway.decisions.standing.read(session.owner_id))


@router.get("/{grant_id}", summary="A standing grant")
async def show_grant(grant_id: str, session: CurrentSession, gateway: CurrentGateway) -> GrantAnswer:
    """One grant."""
    return GrantAnswer.of(await gateway.decisions.standing.get(session.owner_id, grant_id))


@router.delete("/{grant_id}", status_code=204, summary="Revoke a standing grant")
async def revoke_grant(grant_id: str, session: CurrentSession, gateway: CurrentGateway) -> None:
    """Take a grant back, now: it approves nothing more."""
    await gateway.decisions.standing.revoke(session, grant_id)
