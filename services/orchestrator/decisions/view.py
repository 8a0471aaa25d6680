"""How a standing grant looks over REST."""

from __future__ import annotations

from collections.abc import Iterable

from services.orchestrator.decisions.grants import GrantStatus, StandingGrant
from services.orchestrator.rest import Omittable, RestModel, Time
from shared.broker.stored import UnreadableRecord


class GrantLinks(RestModel):
    self: str


class GrantAnswer(RestModel):
    """A standing grant. `uses` counts steps, `max_uses` bounds them."""

    grant_id: str
    account: Omittable[str] = None
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


class UnreadableGrant(RestModel):
    """A grant that a newer version stored, or that is damaged: it approves nothing here, and can be revoked."""

    grant_id: str
    why: str


class GrantList(RestModel):
    """Grants, oldest first, all on one page. `unreadable` is there where this gateway could not read some."""

    items: list[GrantAnswer]
    next_cursor: str | None = None
    unreadable: Omittable[list[UnreadableGrant]] = None

    @classmethod
    def of(cls, grants: Iterable[StandingGrant], unread: Iterable[UnreadableRecord]) -> GrantList:
        left_out = [UnreadableGrant(grant_id=one.id, why=one.why) for one in unread]
        return cls(items=[GrantAnswer.of(one) for one in grants], unreadable=left_out or None)
