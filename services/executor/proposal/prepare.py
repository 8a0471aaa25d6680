"""Prepares a plan from a proposal: checks and orders its steps, adds findings and digest, and stores it."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from services.executor.context import ExecutorContext, PolicyToReview
from services.executor.decisions import people
from services.executor.decisions.approvals import file_digests
from services.executor.proposal import (
    conflicts,
    costs,
    dry_runs,
    findings,
    own_access,
    permissions,
    powers,
    reused_names,
)
from services.executor.proposal.conflicts import Planned
from services.executor.proposal.draft import Draft
from services.executor.proposal.steps import name_steps
from services.executor.proposal.strongest import strongest
from services.executor.records.audit import PlanAudit
from services.executor.records.files import Files
from services.executor.records.plans import PlanStore
from services.executor.records.values import value_key_of
from services.executor.registry.location import Location
from services.executor.scope import fencing
from services.executor.scope import session_policy as scope
from services.executor.scope.limits import bounds, check_count, check_steps
from shared.errors import AssistantError, InvalidArguments, Unavailable
from shared.messages import Effect, Finding
from shared.plans.acknowledging import to_acknowledge, with_ids
from shared.plans.digest import digest_of
from shared.plans.ids import plan_id_of
from shared.plans.page.page import plan_page
from shared.plans.plan import Plan, Review, ReviewNeeded
from shared.plans.step import ProposedStep, StepRef
from shared.secrets import in_plans as secrets_in_plans
from shared.sessions.role_sessions import PREPARING

MAX_GOAL_CHARACTERS = 2000
# Left of the caller's time for what follows the checks.
RESERVE_SECONDS = 3.0


def prepare(
    context: ExecutorContext,
    goal: str,
    proposed: Sequence[ProposedStep],
    on_failure: Literal["undo", "keep"],
    turn_id: str | None,
    untrusted: Sequence[Finding] = (),
    *,
    by_program: bool = False,
    undoes: Plan | None = None,
    undone: Mapping[str, StepRef] | None = None,
    replaces: Plan | None = None,
    marked: Collection[tuple[str | None, str]] | None = None,
) -> Plan:
    """Return the stored plan. The same call again returns the same plan.

    `untrusted` says which arguments nobody in the conversation wrote, see `findings.of_untrusted_arguments`.
    `by_program`: a program proposed it, so that no argument is the person's. `undoes` is the plan that this one undoes;
    `undone` maps each step to the step of that plan which it undoes. `replaces` is the plan of which this is the edited
    form, and `marked` the arguments of it, each a step's id and a name, that the person still has not written.
    """
    store = PlanStore(context.redis)
    plan_id = plan_id_of(context.call.session_id, context.call.call_id)
    existing = store.find(plan_id)
    if existing is not None:
        return existing
    if not goal.strip() or len(goal) > MAX_GOAL_CHARACTERS:
        raise InvalidArguments(f"goal: 1 to {MAX_GOAL_CHARACTERS} characters")
    if undoes is None:
        secrets_in_plans.check_steps(goal, proposed)
    files = Files(context.redis, context.owner_id, context.settings.max_file_bytes)
    stronger = strongest(name_steps(proposed), Location.of(context.aws.info), as_it_is=undone or {})
    given = stronger.steps
    fencing.check_change(context)
    check_count(given, context.settings)
    unnamed = frozenset(str(found.step) for found in untrusted if found.path == "region")
    draft = Draft(context.aws.info, files, context.settings, undone or {}, unnamed=unnamed)
    draft.add_all(given)
    if any(one.effect is Effect.SENSITIVE_READ for one in draft.declared.values()):
        value_key_of(context.aws.session)
    check_steps(draft.as_declared(), context.settings, undo=undoes is not None)
    if marked is None:
        every = [(step.id, name) for step in given for name in step.arguments]
        # What undoes a step follows from what was recorded of it, whoever asks for it.
        marked = every if by_program and undoes is None else [(found.step, found.path or "") for found in untrusted]
    draft.mark_untrusted(frozenset(stronger.marked(marked)))
    draft.add_notes(stronger.notes())
    check_fences(context, draft)
    unchecked = (*check_permissions(context, draft, plan_id), *check_conflicts(context, draft, plan_id))
    check_dry_runs(context, draft, plan_id)
    found_in = {step: [region] for step, region in draft.found_regions.items()}
    fencing.check_steps(context.perimeter, {}, found_in)
    unchecked += reused_names.findings(context, draft)
    describe_powers(context, draft, plan_id)
    price(context, draft, plan_id)
    now = time.time()
    typed = draft.data_lost()
    found = with_ids(
        plan_id,
        (
            *draft.findings(),
            *untrusted,
            *findings.of_deletions(draft.steps, typed),
            *unchecked,
        ),
    )
    plan = Plan(
        plan_id=plan_id,
        session_id=context.call.session_id,
        owner=context.aws.info.owner,
        turn_id=turn_id,
        status="proposed",
        goal=goal,
        proposed_by="program" if by_program else None,
        digest="",
        created_at=now,
        expires_at=now + context.settings.plan_ttl_seconds,
        identity=draft.identity().model_copy(
            update={"role_arn": context.aws.session.role_arn, "account_name": context.aws.session.account_name}
        ),
        steps=tuple(draft.steps),
        on_failure=on_failure,
        findings=found,
        acknowledge=to_acknowledge(found, typed),
        approvers=people.needed(draft.steps, context.aws.info.account, context.settings).approvers,
        review_needed=rule_of_review(context, draft),
        undoes=undoes.plan_id if undoes else None,
        replaces=replaces.plan_id if replaces else None,
        limits=bounds([*draft.declared.values()], context.settings),
    )
    # Refuse now a plan whose permissions no session policy could hold when it runs.
    scope.check_policies(context.aws, plan)
    fencing.check_plan(context, plan)
    plan = plan.model_copy(update={"digest": digest_of(plan, file_digests(plan.steps, files))})
    plan = ask_review(context, plan, draft.policies)
    plan = plan.model_copy(update={"summary": plan_page(plan)})
    return store.add(plan)


def check_fences(context: ExecutorContext, draft: Draft) -> None:
    """Raise Forbidden where a step leaves a fence of the session, before AWS is asked anything of it."""
    try:
        actions = {step: [need.action for need in needed] for step, needed in draft.needs.items()}
        regions = {step: [region] for step, region in draft.named_regions.items()}
        fencing.check_steps(context.perimeter, actions, regions)
    except AssistantError as refusal:
        PlanAudit(context).denied(plan_id_of(context.call.session_id, context.call.call_id), refusal)
        raise


def check_permissions(context: ExecutorContext, draft: Draft, plan_id: str) -> tuple[Finding, ...]:
    """Set each step's permission; return what is the session's own, could not be checked, or could not be undone.

    Raises Forbidden (`permission_denied`).
    """
    seconds = min(permissions.SECONDS, context.aws.remaining() - RESERVE_SECONDS)
    undo = {f"undo {step}": step for step in draft.undo_needs}
    needs = {**draft.needs, **{name: draft.undo_needs[step] for name, step in undo.items()}}
    answered = permissions.check(context.aws, needs, f"{plan_id}{PREPARING}", seconds)
    checked = answered.about({step: step for step in draft.needs})
    try:
        checked.refuse_denied({step.id: step.operation for step in draft.steps})
    except AssistantError as refusal:
        PlanAudit(context).denied(plan_id, refusal)
        raise
    draft.steps = [
        step.model_copy(
            update={"permission": checked.permission_of(step.id), "notes": (*step.notes, *checked.notes_of(step.id))}
        )
        for step in draft.steps
    ]
    own = own_access.owned(context.aws.session, answered.policies)
    finding = checked.finding()
    return (
        *own_access.of_steps(draft.needs, draft.values, own),
        *((finding,) if finding else ()),
        *answered.about(undo).of_undo(),
    )


def check_dry_runs(context: ExecutorContext, draft: Draft, plan_id: str) -> None:
    """Ask EC2 of the calls that it can be asked about; raises Forbidden (`permission_denied`) where it denies one."""
    seconds = min(context.settings.conflicts_seconds, context.aws.remaining() - RESERVE_SECONDS)
    try:
        draft.steps = dry_runs.check(context.aws, draft.steps, draft.values, plan_id, seconds)
    except AssistantError as refusal:
        PlanAudit(context).denied(plan_id, refusal)
        raise


def check_conflicts(context: ExecutorContext, draft: Draft, plan_id: str) -> tuple[Finding, ...]:
    """Raise Conflict where a name or quota is in the way; return what was found besides, or could not be looked up.

    The draft is told where the things are that its steps change, and what becomes of them.
    """
    planned = [
        Planned(
            step.id,
            step.operation,
            draft.values[step.id],
            permitted=step.permission == "allowed",
            disturbed=draft.is_disturbed(step.id),
        )
        for step in draft.steps
    ]
    seconds = min(context.settings.conflicts_seconds, context.aws.remaining() - RESERVE_SECONDS)
    found = conflicts.check(context.aws, planned, f"{plan_id}{PREPARING}", seconds)
    draft.locate(found.regions)
    draft.add_notes(found.notes)
    draft.add_changes(found.shown)
    draft.resources = found.resources
    return found.findings


def describe_powers(context: ExecutorContext, draft: Draft, plan_id: str) -> None:
    """Say on the steps what the policies that they name allow, and what the roles may do that they hand on."""
    seconds = min(context.settings.conflicts_seconds, context.aws.remaining() - RESERVE_SECONDS)
    draft.steps = powers.describe(context.aws, draft.steps, draft.values, f"{plan_id}{PREPARING}", seconds)


def price(context: ExecutorContext, draft: Draft, plan_id: str) -> None:
    """Say on the steps what they start and stop to cost, or why that is not known."""
    seconds = min(context.settings.price_seconds, context.aws.remaining() - RESERVE_SECONDS)
    draft.steps = costs.estimate(context.aws, draft.steps, draft.values, draft.resources, plan_id, seconds)


def rule_of_review(context: ExecutorContext, draft: Draft) -> ReviewNeeded | None:
    """What the operator's rules say of Claude's review; a plan without policies has nothing to review."""
    account = context.aws.info.account
    return people.review_needed(draft.steps, account, context.settings) if draft.policies else None


def ask_review(context: ExecutorContext, plan: Plan, policies: list[PolicyToReview]) -> Plan:
    """The plan, which says until when Claude's review of its policies can come, or why none will.

    Nothing waits for it. Where the advisor cannot be asked, that is recorded and stops nothing.
    """
    if not policies:
        return plan
    asked = [policy.model_dump(mode="json", exclude_none=True) for policy in policies]
    try:
        if not context.settings.review_timeout_seconds:
            raise Unavailable("no time is set for it (`REVIEW_TIMEOUT_SECONDS` is 0)")
        until = context.review(plan, asked, context.settings.review_timeout_seconds)
    except AssistantError as error:
        review = Review(status="not_reviewed", reason=error.detail)
        PlanAudit(context).not_reviewed(plan, review)
        return plan.model_copy(update={"review": review})
    return plan.model_copy(update={"review_until": until})
