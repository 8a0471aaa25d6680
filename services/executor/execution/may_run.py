"""Whether an approved plan may run: what is checked each time a run takes it, and once before its first step."""

from __future__ import annotations

import json

from services.executor.calls.entry import check_journal
from services.executor.context import ExecutorContext
from services.executor.decisions.approvals import (
    check_approval,
    check_beginning,
    check_known,
    check_replaces,
    check_session,
    file_digests,
)
from services.executor.decisions.people import as_reviewed, check_people
from services.executor.records.audit import PlanAudit
from services.executor.records.files import Files
from services.executor.records.journal import Journal, persistently
from services.executor.records.plans import PlanStore
from services.executor.scope.fencing import check_plan
from services.executor.scope.limits import check_limits
from shared.errors import AssistantError
from shared.plans.decisions import Approval
from shared.plans.plan import Plan

# The journal field with the digests of the uploaded files.
FILES = "@files"


def check_may_run(
    context: ExecutorContext,
    store: PlanStore,
    plan: Plan,
    approval: Approval,
    files: Files,
    journal: Journal,
    audit: PlanAudit,
) -> dict[str, str]:
    """Raise unless the plan may run; return the digests of the uploaded files, as they were when the plan began."""
    key = approval_key(context)
    persistently(lambda: check_known(plan, store))
    check_journal(journal)
    decision = persistently(lambda: store.decision(plan.plan_id))
    try:
        known = journal.entry(FILES)
        digests: dict[str, str] = json.loads(known) if known else persistently(lambda: file_digests(plan.steps, files))
        check_approval(plan, approval, decision, digests, key)
        check_session(plan, approval, context.aws.session)
        reviewed = persistently(lambda: as_reviewed(context, plan, approval))
        check_people(plan, reviewed, approval, decision, context.settings)
        if plan.status == "proposed":
            persistently(lambda: check_replaces(plan, store))
            persistently(lambda: check_beginning(plan, approval, context.redis, key))
            check_limits(plan, context.settings)
            check_plan(context, plan)
            journal.write(entries={FILES: json.dumps(digests)})
    except AssistantError as refusal:
        audit.denied(plan.plan_id, refusal)
        raise
    return digests


def approval_key(context: ExecutorContext) -> bytes:
    """The key that approvals are signed with."""
    return context.settings.approval_key.get_secret_value().encode()
