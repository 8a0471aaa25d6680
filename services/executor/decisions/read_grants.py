"""Standing grants to read logs: found, verified and counted by the executor itself, not taken from the gateway's word.

`grants:{owner}` has the ids, `grant:{id}` the grant that the gateway signed with the approval key, `grants:uses:{id}`
how often it was used. A grant that is gone was revoked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError

from services.executor.context import ExecutorContext
from shared.errors import Forbidden
from shared.keys.signing import verify_decision
from shared.plans.decisions import Grant
from shared.plans.log_groups import READ_LOGS, as_pattern, covers

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UsedGrant:
    """A grant that was counted for one read."""

    grant: Grant
    uses: int

    @property
    def uses_left(self) -> int:
        return self.grant.max_uses - self.uses


def use_grant(context: ExecutorContext, arn: str) -> UsedGrant | None:
    """Count one read of this log group under a live grant of the session's owner; None where none covers it."""
    redis: Any = context.redis
    for grant_id in redis.zrange(f"grants:{context.owner_id}", 0, -1):
        grant = _verified(context, redis.get(f"grant:{grant_id}"))
        if grant is None or grant.grant_id != grant_id or not _is_of(grant, arn):
            continue
        uses = int(redis.incrby(f"grants:uses:{grant_id}", 1))
        redis.expire(f"grants:uses:{grant_id}", max(1, int(grant.expires_at - context.clock.now()) + 3600))
        # Read again: it may have been revoked while it was being counted.
        if uses <= grant.max_uses and redis.get(f"grant:{grant_id}") is not None:
            return UsedGrant(grant, uses)
        # What it does not let be read is no use of it.
        redis.incrby(f"grants:uses:{grant_id}", -1)
    return None


def _verified(context: ExecutorContext, record: str | None) -> Grant | None:
    """The grant where it is signed, this owner's, known in every field, and in force now."""
    if not record:
        return None
    try:
        grant = Grant.model_validate_json(record)
        verify_decision(context.settings.approval_key.get_secret_value().encode(), grant)
    except (ValidationError, Forbidden):
        log.error("grant_refused", owner_id=context.owner_id)
        return None
    in_force = grant.created_at <= context.clock.now() < grant.expires_at
    return grant if in_force and grant.owner_id == context.owner_id else None


def _is_of(grant: Grant, arn: str) -> bool:
    pattern = as_pattern(grant.resource)
    return grant.operation == READ_LOGS and pattern is not None and covers(pattern, arn)
