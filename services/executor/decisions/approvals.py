"""Binds an approval to what will run: the plan's digest, and the check of a signed approval against it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from redis import Redis

from services.executor.decisions.grants import check_grant
from services.executor.operations import OPERATIONS
from services.executor.records.files import Files
from services.executor.records.plans import PlanStore
from shared import digest
from shared.decisions import Approval
from shared.digest import digest_of
from shared.errors import Conflict, Forbidden, Gone
from shared.messages import Plan, Step
from shared.signing import verify_decision


def file_digests(steps: tuple[Step, ...], files: Files) -> dict[str, str]:
    """The SHA-256 of every uploaded file the steps name. Raises NotFound for one that is gone."""
    ids = {file_id for step in steps for file_id in OPERATIONS[step.operation].file_ids(step.arguments)}
    return {file_id: files.digest(file_id) for file_id in sorted(ids)}


def check_known(plan: Plan, store: PlanStore) -> None:
    """Raise Conflict (`plan_of_newer_version`) unless this version knows all of the plan, and of the one it takes back.

    Another executor may be of the newer version, so the plan is not ended by this.
    """
    taken_back = store.find(plan.undoes) if plan.undoes else None
    for one in (plan, *([taken_back] if taken_back else [])):
        digest.check_known(one, "executor")
        unknown = sorted({step.operation for step in one.steps if step.operation not in OPERATIONS})
        if unknown:
            raise digest.of_newer_version(f"the operation {', '.join(unknown)}", "executor")


def check_approval(
    plan: Plan, approval: Approval, decision: Mapping[str, Any], digests: Mapping[str, str], approval_key: bytes
) -> None:
    """Raise unless this is a person's yes to exactly what is stored.

    Forbidden (`bad_signature`, `approval_mismatch`, `not_approved`) or Conflict (`stale_digest`).
    `digests` are those of the uploaded files.
    """
    verify_decision(approval_key, approval)
    if (approval.plan_id, approval.session_id) != (plan.plan_id, plan.session_id):
        raise Forbidden("the approval is for another plan or session", code="approval_mismatch")
    if decision.get("decision") != "approve":
        raise Forbidden(f"nobody approved the plan {plan.plan_id}", code="not_approved")
    recorded = decision.get("approval")
    if recorded and Approval.model_validate_json(json.dumps(recorded)) != approval:
        raise Forbidden("the approval is not the one that was recorded", code="approval_mismatch")
    if approval.digest != digest_of(plan, digests):
        raise Conflict("what is stored is not what was approved (its digest differs)", code="stale_digest")


def check_beginning(plan: Plan, approval: Approval, redis: Redis, approval_key: bytes) -> None:
    """Raise unless a plan that has not begun may begin now.

    Gone (`plan_expired`) once the plan or its approval has expired. Where a standing grant stood in for the person:
    Forbidden (`grant_not_valid`) unless it is still there and covers every step. Revoking one stops what has not begun;
    a plan in the middle goes on, or is taken back.
    """
    if approval.grant_id is not None:
        stored: Any = redis.get(f"grant:{approval.grant_id}")
        check_grant(plan, approval, stored, approval_key)
    if time.time() > min(plan.expires_at, approval.expires_at):
        raise Gone("the plan or its approval has expired; propose it again", code="plan_expired")
