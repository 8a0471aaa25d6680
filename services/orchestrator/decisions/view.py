"""How a standing grant looks over REST."""

from __future__ import annotations

from collections.abc import Iterable

from services.orchestrator.decisions.grants import GrantStatus, StandingGrant
from services.orchestrator.rest import RestModel, Time


class GrantLinks(RestModel):
    self: str


class GrantAnswer(RestModel):
    """A standing grant. `uses` counts steps, `max_uses` bounds them."""

    grant_id: str
    operation: str
    resource: str
    max_uses: int
    uses: int
    status: GrantStatus
    created_at: Time
    expires_at: Time
    links: GrantLinks

    @classmethod
    def of(cls, standing: StandingGrant) -> GrantAnswer:
        grant = standing.grant
        links = GrantLinks(self=f"/v1/grants/{grant.grant_id}")
        return cls.model_validate(vars(grant) | {"uses": standing.uses, "status": standing.status, "links": links})


class GrantList(RestModel):
    items: list[GrantAnswer]

    @classmethod
    def of(cls, grants: Iterable[StandingGrant]) -> GrantList:
        return cls(items=[GrantAnswer.of(one) for one in grants])
