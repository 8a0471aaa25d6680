"""Decisions on plans: approve, reject, cancel, resolve a step in doubt; by a person, or by a standing grant.

Only this area holds the approval key. No code that a model's output can steer imports it or gets an object through
which the key could be reached; an import contract and a test check that.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Sequence
from typing import Literal

import structlog
from redis.asyncio import Redis

from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.decisions.entries import decided_entry
from services.orchestrator.decisions.grants import StandingGrants
from services.orchestrator.decisions.people import check_acknowledged, check_other_person, needed, review_needed
from services.orchestrator.decisions.prepared import PreparedPlans, mismatch
from services.orchestrator.decisions.settings import ApprovalSettings
from services.orchestrator.decisions.sharing import shareable
from services.orchestrator.decisions.undecided import check_undecided, session_ended
from services.orchestrator.plans.follower import Follower
from services.orchestrator.plans.service import PlanService
from services.orchestrator.plans.status import Decision, in_doubt
from services.orchestrator.plans.store import ApprovalOutcome, PlanStore, ReviewCame
from services.orchestrator.sessions.service import SessionService
from services.orchestrator.sessions.session import Session
from shared.audit.log import Entry
from shared.errors import Conflict, Gone, NotFound
from shared.keys.signing import sign_decision
from shared.plans.acknowledging import check_review
from shared.plans.decisions import Acknowledged, Approval, Cancellation, Person, Resolution
from shared.plans.page.actions import can_be_cancelled
from shared.plans.plan import Plan, ReviewStatus
from shared.plans.reviews import with_review

log = structlog.get_logger(__name__)


class Approvals:
    """Decide plans. The audit log has a decision before it takes effect, and a denial where another one came first."""

    def __init__(
        self,
        redis: Redis,
        plans: PlanService,
        store: PlanStore,
        follower: Follower,
        standing: StandingGrants,
        sessions: SessionService,
        audit: AuditTrail,
        settings: ApprovalSettings,
    ) -> None:
        self._plans, self._store, self._follower = plans, store, follower
        self._prepared = PreparedPlans(redis, store)
        self._standing, self._sessions, self._audit = standing, sessions, audit
        self._key, self._ttl = settings.key(), settings.approval_ttl

    async def approve(
        self,
        session: Session,
        plan_id: str,
        digest: str,
        acknowledged: Sequence[Acknowledged] = (),
        share_with_model: Sequence[str] = (),
    ) -> Plan:
        """Approve the plan whose digest a person saw, and have it run with the credentials of a session of its owner.

        Where several people have to approve it stays `proposed` until the last one has. `share_with_model` are the
        steps whose value the model may see, if everybody says so. Raises InvalidArguments (`not_shareable`), Conflict
        (`already_decided`, `already_approved`, `digest_mismatch`, `not_acknowledged`, `plan_of_newer_version`,
        `review_pending`, `review_unavailable`, `session_ended`), Gone (`plan_expired`), Forbidden
        (`approver_not_counted`) and what `PlanService.get` raises.
        """
        while True:
            try:
                return await self._approve(session, plan_id, digest, acknowledged, share_with_model)
            except ReviewCame:
                # Only once: from now on it is there. What it adds may have to be acknowledged.
                await self._audit.denied(session.session_id, {"plan_id": plan_id, "code": "review_came"})

    async def _approve(
        self,
        session: Session,
        plan_id: str,
        digest: str,
        acknowledged: Sequence[Acknowledged],
        share_with_model: Sequence[str],
    ) -> Plan:
        """Raises ReviewCame where Claude's review was not there when this began, and is before it is done."""
        plan = await self._undecided(session, plan_id)
        if not hmac.compare_digest(plan.digest.encode(), digest.encode()):
            raise mismatch("the digest is not this plan's; read the plan again before you approve it")
        prepared = await self._prepared.get(plan_id)
        shared = shareable(prepared, share_with_model)
        asked = with_review(prepared, plan.review) if plan.review else prepared
        check_acknowledged(asked, acknowledged)
        check_review(prepared, plan.review_status, review_needed(prepared, self._plans.rules))
        needs = needed(prepared, self._plans.rules)
        if needs.approvers:
            check_other_person(prepared, session.person, needs)
        runs_in = await self._sessions.running_as(prepared, [session.session_id])
        if runs_in is None:
            raise session_ended(prepared, "approve the plan")
        # Exactly what had to be acknowledged, and nothing else that came along: it is kept, and in the audit log.
        seen = tuple(Acknowledged(finding_id=one.finding_id, typed=one.typed) for one in asked.acknowledge)
        approval = self._approval(prepared, runs_in, session.person, plan.review_status, None, seen, shared)
        if needs.approvers > 1:
            # It waits for the others as long as the plan does.
            approval = sign_decision(self._key, approval.model_copy(update={"expires_at": prepared.expires_at}))
        decision = Decision(decision="approve", approval=approval, decided_at=approval.approved_at, by=session.person)
        if not needs.approvers:
            return await self._decide(session, plan, decision)
        return await self._count(session, plan_id, decision, needs.approvers)

    async def _count(self, session: Session, plan_id: str, decision: Decision, people: int) -> Plan:
        """Count one person's approval, in the audit log first; the last one that is needed has the plan run."""
        assert decision.approval is not None
        entry = decided_entry(plan_id, decision, people)
        await self._audit.record_of(session.person, decision.approval.session_id, entry)
        outcome: ApprovalOutcome = "stale"
        while outcome == "stale":
            earlier = await self._store.approvals(plan_id)
            made = decision.model_copy(update={"approvals": tuple(earlier.values())})
            outcome = await self._store.approve(plan_id, str(session.person.principal), made, people)
        if outcome == "again":
            raise Conflict(
                "you have approved this plan already; somebody else has to approve it too", code="already_approved"
            )
        if outcome == "decided":
            await self._undecided(session, plan_id)
            raise Conflict("the plan is already decided", code="already_decided")
        if outcome == "approved":
            self._follower.follow(plan_id)
        return await self._plans.get(session, plan_id)

    async def reject(self, session: Session, plan_id: str, reason: str | None = None) -> Plan:
        """Say no. Raises Conflict (`already_decided`) and Gone (`plan_expired`)."""
        plan = await self._undecided(session, plan_id)
        decision = Decision(decision="reject", decided_at=time.time(), reason=reason, by=session.person)
        return await self._decide(session, plan, decision)

    async def withdraw(self, session: Session, plan_id: str) -> None:
        """Cancel a plan that nobody has decided. Raises Conflict (`already_decided`); one that is gone is fine."""
        try:
            plan = await self._plans.get(session, plan_id, "decide")
        except NotFound:
            return
        if plan.status == "expired":
            return
        if plan.status != "proposed":
            raise Conflict(
                f"the turn waits for its plan, which is {plan.status}: stop that one with POST /v1/plans/{plan_id}/"
                "cancel; the turn then says what came of it",
                code="already_decided",
            )
        await self._decide(session, plan, Decision(decision="cancel", decided_at=time.time(), by=session.person))

    async def by_grant(self, plan: Plan) -> Plan:
        """Approve a proposed plan by a standing grant that covers all its steps; else return the plan unchanged."""
        if plan.status != "proposed" or await self._standing.covering(plan) is None:
            return plan
        if needed(plan, self._plans.rules).approvers:
            return plan
        try:
            prepared = await self._prepared.get(plan.plan_id)
        except Conflict as refused:
            if refused.code == "already_decided":
                return await self._store.load(plan.plan_id) or plan
            log.warning("plan_altered_after_preparation", plan_id=plan.plan_id, code=refused.code)
            return plan
        standing = await self._standing.covering(prepared)
        runs_in = await self._sessions.running_as(prepared, [prepared.session_id])
        if standing is None or runs_in is None:
            return plan
        approval = self._approval(prepared, runs_in, None, None, standing.grant.grant_id)
        decision = Decision(decision="approve", approval=approval, decided_at=approval.approved_at)
        await self._audit.record(runs_in.session_id, decided_entry(plan.plan_id, decision))
        if await self._standing.use(standing, prepared, decision):
            self._follower.follow(plan.plan_id)
        else:
            unused = {"plan_id": plan.plan_id, "code": "grant_not_used", "grant_id": standing.grant.grant_id}
            await self._audit.denied(runs_in.session_id, unused)
        return await self._store.load(plan.plan_id) or plan

    async def cancel(
        self, session: Session, plan_id: str, completed_steps: Literal["undo", "keep"] | None = None
    ) -> Plan:
        """Stop a plan before its next step; one that nobody has approved ends at once.

        Raises Conflict (`already_ended`, also for one that is being undone; `already_cancelled`).
        """
        plan = await self._plans.get(session, plan_id, "decide")
        if plan.status == "proposed":
            try:
                withdrawn = Decision(decision="cancel", decided_at=time.time(), by=session.person)
                return await self._decide(session, plan, withdrawn)
            except (Conflict, Gone):  # it was approved or has expired meanwhile
                plan = await self._plans.get(session, plan_id, "decide")
        if not can_be_cancelled(plan):
            raise Conflict(f"there is nothing left to cancel: the plan is {plan.status}", code="already_ended")
        wish = Cancellation(
            plan_id=plan_id,
            session_id=session.session_id,
            cancelled_at=time.time(),
            completed_steps=completed_steps or plan.on_failure,
            by=session.person,
        )
        said = {"plan_id": plan_id, "completed_steps": wish.completed_steps}
        await self._audit.record_of(session.person, plan.runs_in, Entry("plan.cancelled", said))
        if not await self._store.cancel(sign_decision(self._key, wish)):
            raise Conflict("the plan is being cancelled already", code="already_cancelled")
        return await self._plans.get(session, plan_id)

    async def resolve(
        self, session: Session, plan_id: str, step: str, *, happened: bool, then: Literal["continue", "stop"]
    ) -> Plan:
        """Record a person's answer whether a step in doubt happened; the plan resumes once every such step has one.

        Raises Conflict (`not_in_doubt`, `already_resolved`).
        """
        plan = await self._plans.get(session, plan_id, "decide")
        record = await self._store.record(plan_id)
        if record is None or record.status != "in_doubt" or record.ended_at is None or step not in in_doubt(record):
            raise Conflict(f"the step {step!r} is not in doubt: the plan is {plan.status}", code="not_in_doubt")
        word = Resolution(
            plan_id=plan_id,
            session_id=session.session_id,
            digest=record.digest,
            step=step,
            in_doubt_since=record.ended_at,
            happened=happened,
            then=then,
            resolved_at=time.time(),
            nonce=secrets.token_urlsafe(24),
            by=session.person,
        )
        said = word.model_dump(mode="json", include={"plan_id", "step", "happened", "then"})
        await self._audit.record_of(session.person, plan.runs_in, Entry("plan.resolved", said))
        if not await self._store.resolve(record, sign_decision(self._key, word)):
            raise Conflict(
                f"the step {step!r} was resolved already; its answer cannot be changed", code="already_resolved"
            )
        self._follower.follow(plan_id)
        return await self._plans.get(session, plan_id)

    def _approval(
        self,
        plan: Plan,
        runs_in: Session,
        by: Person | None,
        review: ReviewStatus | None,
        grant_id: str | None = None,
        acknowledged: tuple[Acknowledged, ...] = (),
        share_with_model: tuple[str, ...] = (),
    ) -> Approval:
        now = time.time()
        approval = Approval(
            plan_id=plan.plan_id,
            session_id=runs_in.session_id,
            digest=plan.digest,
            approved_at=now,
            expires_at=now + self._ttl,
            nonce=secrets.token_urlsafe(24),
            grant_id=grant_id,
            by=by,
            acknowledged=acknowledged,
            review=review,
            share_with_model=share_with_model,
        )
        return sign_decision(self._key, approval)

    async def _undecided(self, session: Session, plan_id: str) -> Plan:
        plan = await self._plans.get(session, plan_id, "decide")
        check_undecided(plan)
        return plan

    async def _decide(self, session: Session, plan: Plan, decision: Decision) -> Plan:
        """Audit the decision, then store it: a decision that cannot be audited is not made.

        It is in the log of who decides, and where the plan's own entries are: of the session that will run it, or, as
        its end will be, of the one that proposed it.
        """
        plan_id, approval = plan.plan_id, decision.approval
        log_of = approval.session_id if approval else plan.session_id
        await self._audit.record_of(session.person, log_of, decided_entry(plan_id, decision))
        if not await self._store.decide(plan_id, decision):
            await self._undecided(session, plan_id)
            raise Conflict("the plan is already decided", code="already_decided")
        plan = await self._plans.get(session, plan_id)
        self._follower.follow(plan_id)
        return plan
