"""Whether a plan that is to be approved is still what the executor prepared: its digest, its fingerprint, its files."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re

from redis.asyncio import Redis

from services.orchestrator.decisions.undecided import decided_already
from services.orchestrator.plans.store import PlanStore
from shared.errors import Conflict
from shared.plans.digest import check_known, digest_of
from shared.plans.plan import Plan

_FILE_ID = re.compile(r"^file_[0-9a-f]{24}$")


class PreparedPlans:
    """The executor's records, as they are approved."""

    def __init__(self, redis: Redis, store: PlanStore) -> None:
        self._redis, self._store = redis, store

    async def get(self, plan_id: str) -> Plan:
        """The plan's record, if it still is what the executor prepared, and this version knows all of it.

        Raises Conflict: `plan_of_newer_version`; `digest_mismatch` where it was tampered with; `already_decided` where
        another approval came first and the executor writes what it does, which the digest does not cover.
        """
        record = await self._store.record(plan_id)
        if record is not None:
            check_known(record, "gateway")
        if record is None or record.digest != digest_of(record, await self._file_digests(record)):
            raise mismatch("the stored plan does not match its digest, so it was changed; propose it again")
        if not await self._store.is_as_prepared(plan_id):
            # The executor writes into the record only once the decision is stored, and changes the status first.
            now = await self._store.record(plan_id) or record
            if now.status != "proposed" and await self._store.decision(plan_id) is not None:
                raise decided_already(now)
            raise mismatch("the plan was changed after it had been prepared; propose it again")
        return record

    async def _file_digests(self, plan: Plan) -> dict[str, str]:
        """SHA-256 of every uploaded file the steps name, of its bytes."""
        named = {value for step in plan.steps for value in step.arguments.values() if isinstance(value, str)}
        digests = {}
        for file_id in sorted(name for name in named if _FILE_ID.match(name)):
            session_id, owner, data = await self._redis.hmget(f"file:{file_id}", ["session_id", "owner_id", "data"])
            if data is not None and (owner or session_id) == plan.owner_id:
                digests[file_id] = await asyncio.to_thread(_digest_of_base64, str(data))
        return digests


def mismatch(detail: str) -> Conflict:
    return Conflict(detail, code="digest_mismatch")


def _digest_of_base64(data: str) -> str:
    return hashlib.sha256(base64.b64decode(data)).hexdigest()
