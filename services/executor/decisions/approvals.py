"""Checks that a person approved exactly the plan that is about to run, and that it may begin now."""

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
from shared.broker.stored import read
from shared.errors import Conflict, Forbidden, Gone
from shared.keys.signing import verify_decision
from shared.plans import digest
from shared.plans.decisions import Approval
from shared.plans.digest import digest_of
from shared.plans.plan import Plan
from shared.plans.step import Step
from shared.sessions.credentials import AgentSession


def file_digests(steps: tuple[Step, ...], files: Files) -> dict[str, str]:
    """The SHA-256 of each uploaded file that the steps name, by file id. Raises NotFound for one that is gone."""
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
    """Raise unless a person approved exactly the plan that is stored.

    `decision` is what the gateway stored for the plan, `digests` are those of the uploaded files. Raises Forbidden
    (`bad_signature`, `approval_mismatch`, `not_approved`), Conflict (`stale_digest`) or Unavailable
    (`record_unreadable`).
    """
    verify_decision(approval_key, approval)
    if approval.plan_id != plan.plan_id:
        raise Forbidden(
            f"the approval is for another plan than {plan.plan_id}; approve this plan", code="approval_mismatch"
        )
    if decision.get("decision") != "approve":
        raise Forbidden(f"nobody approved the plan {plan.plan_id}; approve it first", code="not_approved")
    recorded = decision.get("approval")
    if recorded and read(Approval, json.dumps(recorded)) != approval:
        raise Forbidden(
            "the approval is not the one that was recorded when the plan was approved", code="approval_mismatch"
        )
    if approval.digest != digest_of(plan, digests):
        raise Conflict(
            "the stored plan is not what was approved: its digest differs; propose it again", code="stale_digest"
        )


def check_replaces(plan: Plan, store: PlanStore) -> None:
    """Raise Forbidden (`not_approved`) for a plan's edited form, unless it was put in that plan's place.

    It was where the decision on that plan says so; if somebody decided otherwise first, the edited form is void.
    """
    if plan.replaces is not None and store.decision(plan.replaces).get("replaced_by") != plan.plan_id:
        raise Forbidden(
            f"the plan was to replace {plan.replaces}, which was decided before it did; propose it again",
            code="not_approved",
        )


def check_session(plan: Plan, approval: Approval, session: AgentSession) -> None:
    """Raise Forbidden (`approval_mismatch`) unless the approval names this session, which must be one of the plan's.

    That is a session of the plan's owner, with the role that the plan was prepared for: as that role its permissions
    were checked, and so the page said it.
    """
    info = session.info
    if approval.session_id != info.session_id:
        raise Forbidden(
            f"the approval names the session {approval.session_id} and not {info.session_id}; approve the plan again",
            code="approval_mismatch",
        )
    prepared = (plan.owner_id, plan.identity.account)
    # Of before a plan said it: then the session is the one that it was prepared in.
    role = session.role_arn if plan.owner is None else plan.identity.role_arn
    if (info.owner_id, info.account) != prepared or session.role_arn != role:
        raise Forbidden(
            f"the session {info.session_id} is of another account, caller or role than the plan {plan.plan_id}; "
            "approve it in one like that in which it was proposed",
            code="approval_mismatch",
        )


def check_beginning(plan: Plan, approval: Approval, redis: Redis, approval_key: bytes) -> None:
    """Raise unless a plan that has not begun may begin now.

    Gone (`plan_expired`) once the plan or its approval has expired. Where a standing grant approved the plan, Forbidden
    (`grant_not_valid`) unless the grant still exists and covers every step. So revoking a grant stops plans that have
    not begun; one that has begun continues.
    """
    if approval.grant_id is not None:
        stored: Any = redis.get(f"grant:{approval.grant_id}")
        check_grant(plan, approval, stored, approval_key)
    if time.time() > min(plan.expires_at, approval.expires_at):
        raise Gone("the plan or its approval has expired; propose it again", code="plan_expired")
