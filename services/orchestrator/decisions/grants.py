"""Standing grants: a person's approval in advance of one low-risk operation, on resources of a pattern, for a time.

`grant:{id}` is the signed Grant, deleted when revoked; `grants:{owner}` the owner's index; `grants:uses:{id}` how many
steps it has approved. A grant ends with the session that made it at the latest; its record lives that long, so that an
expired grant differs from a revoked one.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.plans.status import Decision
from services.orchestrator.plans.store import KEEP_SECONDS, RUNS
from services.orchestrator.rest import iso
from services.orchestrator.sessions.service import MAX_SESSION_SECONDS
from services.orchestrator.sessions.session import Session
from shared.audit.log import Entry
from shared.aws.arns import matches
from shared.broker.functions import redis_function
from shared.broker.stored import UnreadableRecord, unreadable
from shared.catalog import CATALOG
from shared.errors import Busy, Forbidden, InvalidArguments, NotFound, Unavailable
from shared.keys.signing import sign_decision, verify_decision
from shared.messages import Effect
from shared.plans.decisions import Grant
from shared.plans.log_groups import READ_LOGS, as_pattern
from shared.plans.plan import Plan
from shared.plans.step import Step
from shared.sessions.accounts import find

log = structlog.get_logger(__name__)

MIN_SECONDS, MAX_SECONDS = 60, 8 * 3600
MAX_USES = 1000
MAX_GRANTS = 50
# How many characters of a resource's name a pattern has before its `*`, at least.
MIN_PREFIX = 3
_ARN = re.compile(r"^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d*:[^\s?]+$")
GRANTABLE = frozenset(entry.name for entry in CATALOG if entry.standing)


# Findings of what nobody in the conversation wrote.
FROM_NOBODY = frozenset({"argument_from_tool_output", "argument_from_other_speaker", "argument_from_model"})
GrantStatus = Literal["live", "expired", "used_up"]


@dataclass(frozen=True, slots=True)
class StandingGrant:
    """A grant, how often it was used, and the record it was read from."""

    grant: Grant
    uses: int
    record: str

    @classmethod
    def read(cls, record: str, uses: str | None) -> StandingGrant:
        """The grant as it is stored, with what a newer gateway signed besides. Raises Unavailable."""
        try:
            return cls(Grant.read(record), int(uses or 0), record)
        except ValidationError as error:
            raise unreadable("grant", error) from None

    @property
    def status(self) -> GrantStatus:
        if self.grant.expires_at <= time.time():
            return "expired"
        return "used_up" if self.uses >= self.grant.max_uses else "live"


class StandingGrants:
    """Make, list and revoke grants, and use them. `key` is the approval key."""

    def __init__(self, redis: Redis, audit: AuditTrail, key: bytes) -> None:
        self._redis, self._audit, self._key = redis, audit, key
        self._use = redis_function(redis, "decisions_use_grant")

    async def create(
        self,
        session: Session,
        operation: str,
        resource: str,
        expires_in: int,
        max_uses: int,
        account: str | None = None,
    ) -> StandingGrant:
        """Grant it, for one account: the session's own, where none is named by id or name.

        Raises InvalidArguments (`not_grantable`, `grant_too_broad`, `unknown_account`) and Busy (`too_many_grants`).
        """
        if operation not in GRANTABLE:
            raise InvalidArguments(
                f"{operation} cannot be granted in advance; a person approves each plan with it. "
                f"Grantable: {', '.join(sorted(GRANTABLE))}",
                code="not_grantable",
            )
        resource = check_log_groups(resource) if operation == READ_LOGS else check_pattern(resource)
        index = f"grants:{session.owner_id}"
        if len(await self.of_owner(session.owner_id)) >= MAX_GRANTS:
            raise Busy(f"there are {MAX_GRANTS} grants at most; revoke one", code="too_many_grants")
        now = time.time()
        grant = Grant(
            grant_id=f"grt_{secrets.token_hex(12)}",
            session_id=session.session_id,
            owner=session.owner,
            account=find(session.all_accounts, account).account if account else session.account,
            operation=operation,
            resource=resource,
            max_uses=max_uses,
            created_at=now,
            expires_at=min(now + expires_in, session.expires_at),
        )
        facts = grant.model_dump(mode="json", include={"grant_id", "account", "operation", "resource", "max_uses"})
        made = Entry("grant.made", facts | {"expires_at": iso(grant.expires_at)})
        await self._audit.record(session.session_id, made)
        record = sign_decision(self._key, grant).model_dump_json()
        pipe = self._redis.pipeline(transaction=True)
        pipe.set(f"grant:{grant.grant_id}", record, ex=session.remaining())
        pipe.zadd(index, {grant.grant_id: now})
        pipe.zremrangebyscore(index, "-inf", now - MAX_SESSION_SECONDS)
        pipe.expire(index, MAX_SESSION_SECONDS)
        await pipe.execute()
        return StandingGrant(grant, 0, record)

    async def of_owner(self, owner_id: str) -> list[StandingGrant]:
        """The owner's grants, oldest first; without revoked ones and those whose signature does not verify.

        A grant that a newer version signed is listed and can be revoked; it approves nothing here.
        """
        return (await self.read(owner_id))[0]

    async def read(self, owner_id: str) -> tuple[list[StandingGrant], list[UnreadableRecord]]:
        """The grants of `of_owner`, and those that this version cannot read, which approve nothing."""
        ids = [str(grant_id) for grant_id in await self._redis.zrange(f"grants:{owner_id}", 0, -1)]
        if not ids:
            return [], []
        found: Any = await self._redis.mget([f"{kind}:{name}" for name in ids for kind in ("grant", "grants:uses")])
        made: list[StandingGrant] = []
        unread: list[UnreadableRecord] = []
        for grant_id, record, uses in zip(ids, found[::2], found[1::2], strict=True):
            try:
                made += [StandingGrant.read(record, uses)] if record is not None else []
            except Unavailable as error:
                unread.append(UnreadableRecord(grant_id, error.detail))
        return [one for one in made if self._is_genuine(one.grant, owner_id)], unread

    def _is_genuine(self, grant: Grant, owner_id: str) -> bool:
        try:
            verify_decision(self._key, grant)
        except Forbidden:
            log.warning("grant_signature_invalid", grant_id=grant.grant_id, owner_id=owner_id)
            return False
        return grant.owner_id == owner_id

    async def get(self, owner_id: str, grant_id: str) -> StandingGrant:
        """One grant. Raises NotFound (`grant_not_found`) and Unavailable (`record_unreadable`)."""
        made, unread = await self.read(owner_id)
        for one in made:
            if one.grant.grant_id == grant_id:
                return one
        for other in unread:
            if other.id == grant_id:
                raise Unavailable(other.why, code="record_unreadable")
        raise NotFound("there is no such grant; it was revoked, or is not yours", code="grant_not_found")

    async def revoke(self, session: Session, grant_id: str) -> None:
        """Revoke a grant: from now on the executor begins nothing by it. Raises NotFound (`grant_not_found`).

        One that this version cannot read can be revoked as well: that takes nothing but a power away.
        """
        try:
            await self.get(session.owner_id, grant_id)
        except Unavailable as error:
            if error.code != "record_unreadable":
                raise
        await self._audit.record(session.session_id, Entry("grant.revoked", {"grant_id": grant_id}))
        pipe = self._redis.pipeline(transaction=True)
        pipe.delete(f"grant:{grant_id}")
        pipe.zrem(f"grants:{session.owner_id}", grant_id)
        await pipe.execute()

    async def covering(self, plan: Plan) -> StandingGrant | None:
        """A live grant that covers every step of a low-risk plan; None where there is none."""
        if not is_low_risk(plan):
            return None
        for one in await self.of_owner(plan.owner_id):
            enough = one.uses + len(plan.steps) <= one.grant.max_uses
            if (
                one.status == "live"
                and one.grant.is_known
                and enough
                and plan.identity.account == (one.grant.account or plan.identity.account)
                and all(covers(one.grant, step) for step in plan.steps)
            ):
                return one
        return None

    async def use(self, standing: StandingGrant, plan: Plan, decision: Decision) -> bool:
        """Approve the plan by the grant; False where the grant or the plan's decision has changed meanwhile."""
        grant = standing.grant
        keys = [f"grant:{grant.grant_id}", f"grants:uses:{grant.grant_id}", f"decision:{plan.plan_id}", RUNS]
        limits: list[Any] = [standing.record, time.time(), grant.expires_at, len(plan.steps), grant.max_uses]
        body = decision.model_dump_json(exclude_none=True)
        return bool(await self._use(keys, [*limits, body, KEEP_SECONDS, plan.plan_id]))


def check_log_groups(resource: str) -> str:
    """The pattern of log groups. Raises InvalidArguments (`grant_too_broad`) for what is no group and no prefix."""
    pattern = as_pattern(resource)
    if pattern is None:
        raise InvalidArguments(
            "resource: name one log group, or a prefix of their names that ends with *, with region and account, as "
            "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/orders-*",
            code="grant_too_broad",
        )
    return pattern


def check_pattern(resource: str) -> str:
    """The pattern. Raises InvalidArguments (`grant_too_broad`) unless it is one ARN with one `*`, inside its name."""
    name = re.split(r"[:/]", resource.split(":", 5)[-1], maxsplit=1)[-1]
    before, star, after = name.partition("*")
    if not _ARN.match(resource):
        if "*" in resource:
            raise _too_broad("is no ARN")
        raise InvalidArguments("resource: a full ARN, as arn:aws:s3:::team-logs-*")
    if not star and "*" not in resource:
        return resource
    if resource.count("*") > 1 or "*" in after:
        raise _too_broad("has more than one *")
    if not star or len(before) < MIN_PREFIX:
        raise _too_broad(f"names less than {MIN_PREFIX} characters of a resource before its *")
    return resource


def _too_broad(why: str) -> InvalidArguments:
    return InvalidArguments(
        f"resource: {why}; name the resource, with one * in its name at most, as arn:aws:s3:::team-logs-*",
        code="grant_too_broad",
    )


def is_low_risk(plan: Plan) -> bool:
    """Whether a grant may approve the plan: permissions known, no warning among the findings, nothing undone.

    Nor one that Claude reviews: what its review finds is a person's to acknowledge.
    """
    warned = any(found.severity in ("medium", "high") or found.code in FROM_NOBODY for found in plan.findings)
    safe = all(
        step.operation in GRANTABLE
        and step.effect is not Effect.PERMISSIONS
        and step.permission == "allowed"
        and step.undoes is None
        for step in plan.steps
    )
    return bool(plan.steps) and not warned and safe and plan.undoes is None and plan.review_status is None


def covers(grant: Grant, step: Step) -> bool:
    """Whether the grant is of the step's operation and matches every ARN the step acts on."""
    return (
        step.operation == grant.operation
        and bool(step.resources)
        and all(matches(grant.resource, arn) for arn in step.resources)
    )
