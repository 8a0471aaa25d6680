"""Makes a plan of a proposal, offline: checked, in order, with findings, review, digest and summary; then stored."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue, ValidationError
from redis.exceptions import RedisError

from services.executor import findings, permissions, references, scope
from services.executor.approvals import digest_of, file_digests
from services.executor.audit import PlanAudit
from services.executor.context import ExecutorContext, PolicyToReview
from services.executor.files import Files
from services.executor.operations import OPERATIONS
from services.executor.operations.registry import Operation
from services.executor.place import Place
from services.executor.plans import PlanStore
from services.executor.steps import arrange
from services.executor.summary import summarize
from shared.errors import AssistantError, InvalidArguments
from shared.messages import (
    Borrowed,
    Finding,
    Identity,
    Plan,
    ProposedStep,
    Review,
    SessionInfo,
    Step,
    StepRef,
    ToolCall,
)

MAX_GOAL_CHARACTERS = 2000
# Left of the caller's time for what follows the review.
RESERVE_SECONDS = 3.0


@dataclass(slots=True)
class Draft:
    """A plan while its steps are checked one after another, each with what is expected of those before it."""

    info: SessionInfo
    files: Files
    steps: list[Step] = field(default_factory=list)
    expected: dict[str, JsonValue] = field(default_factory=dict)
    policies: list[PolicyToReview] = field(default_factory=list)
    named_regions: list[str] = field(default_factory=list)
    needs: dict[str, tuple[permissions.Need, ...]] = field(default_factory=dict)

    def add(self, proposed: ProposedStep) -> None:
        """Check a step and add it. Raises AssistantError naming the step."""
        operation = OPERATIONS[proposed.operation]
        try:
            self._add(operation, proposed)
        except AssistantError as error:
            raise type(error)(
                f"step {proposed.id!r} ({operation.name}): {error.detail}", code=error.code, status=error.status
            ) from None

    def _add(self, operation: Operation, proposed: ProposedStep) -> None:
        assert proposed.id is not None
        place = Place.of(self.info)
        arguments = self._with_region(operation, proposed.arguments)
        for name in operation.files:
            if isinstance(arguments.get(name), dict):
                raise InvalidArguments(f"{name}: a file is named, not taken from another step")
        values = operation.validate(references.resolve_arguments(arguments, self.expected))
        notes = operation.notes(values, place, self.files.read)
        self.expected[proposed.id] = operation.expected_result(values, place)
        self.policies += [PolicyToReview(step=proposed.id, **policy) for policy in operation.policies_of(values)]
        needed = self.needs[proposed.id] = permissions.needs_of(operation, values, place)
        self.steps.append(
            Step(
                id=proposed.id,
                operation=operation.name,
                arguments=arguments,
                needs=proposed.needs,
                title=operation.title_of(values, place),
                effect=operation.effect,
                iam_actions=tuple(dict.fromkeys(need.action for need in needed)),
                reversible=operation.reversible,
                notes=notes,
            )
        )

    def _with_region(self, operation: Operation, arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The arguments with the region spelled out, so that what is approved says where it happens."""
        if not operation.regional:
            return arguments
        region = arguments.get("region")
        if not region:
            if operation.arguments_model.model_fields["region"].is_required():
                return arguments
            if self.info.region_source == "default":
                raise InvalidArguments(
                    "name a region: the session has none but a default, which is never used for a change",
                    code="region_not_chosen",
                )
            return {**arguments, "region": self.info.region}
        named = references.resolve(region, self.expected)
        if isinstance(named, str):
            self.named_regions.append(named)
        return arguments

    def identity(self) -> Identity:
        """The receipt: where the plan acts, and whether that was said or is the session's region."""
        region = self.named_regions[0] if self.named_regions else self.info.region
        return Identity(
            account=self.info.account,
            caller_arn=self.info.caller_arn,
            region=region,
            region_source="argument" if self.named_regions else self.info.region_source,
        )

    def findings(self) -> tuple[Finding, ...]:
        found = [finding for policy in self.policies for finding in findings.of_policy(policy, self.info.account)]
        for region in dict.fromkeys(self.named_regions):
            if region not in self.info.regions:
                found.append(
                    Finding(
                        code="region_outside_session",
                        severity="medium",
                        message=f"{region} is not among the session's regions ({', '.join(self.info.regions)}).",
                    )
                )
        return tuple(found)


def prepare(
    context: ExecutorContext,
    goal: str,
    proposed: Sequence[ProposedStep],
    on_failure: Literal["undo", "keep"],
    turn_id: str | None,
    borrowed: Sequence[Borrowed] = (),
    *,
    undoes: Plan | None = None,
    undone: Mapping[str, StepRef] | None = None,
) -> Plan:
    """Return the stored plan. The same call again returns the same plan.

    `undoes` is the plan that this one takes back, `undone` by step the one of it that the step takes back.
    """
    store = PlanStore(context.redis)
    plan_id = plan_id_of(context.call)
    existing = store.find(plan_id)
    if existing is not None:
        return existing
    if not goal.strip() or len(goal) > MAX_GOAL_CHARACTERS:
        raise InvalidArguments(f"goal: 1 to {MAX_GOAL_CHARACTERS} characters")
    files = Files(context.redis, context.call.session_id, context.settings.max_file_bytes)
    draft = Draft(context.aws.info, files)
    for step in arrange(proposed, context.settings.max_steps):
        draft.add(step)
    unchecked = check_permissions(context, draft, plan_id)
    now = time.time()
    plan = Plan(
        plan_id=plan_id,
        session_id=context.call.session_id,
        turn_id=turn_id,
        status="proposed",
        goal=goal,
        digest="",
        created_at=now,
        expires_at=now + context.settings.plan_ttl_seconds,
        identity=draft.identity(),
        steps=tuple(step.model_copy(update={"undoes": (undone or {}).get(step.id)}) for step in draft.steps),
        undoes=undoes.plan_id if undoes else None,
        on_failure=on_failure,
        findings=(*draft.findings(), *findings.of_borrowed(borrowed), *unchecked),
        review=ask_review(context, goal, draft.policies),
    )
    # Refuses now what could not get its permissions later.
    scope.session_policy(scope.permissions_of(plan, Place.of(context.aws.info)))
    plan = plan.model_copy(update={"digest": digest_of(plan, file_digests(plan.steps, files))})
    plan = plan.model_copy(update={"summary": summarize(plan)})
    store.add(plan)
    return plan


def check_permissions(context: ExecutorContext, draft: Draft, plan_id: str) -> tuple[Finding, ...]:
    """Set each step's permission; return what could not be checked. Raises Forbidden (`permission_denied`)."""
    seconds = min(permissions.SECONDS, context.aws.remaining() - RESERVE_SECONDS)
    checked = permissions.check(context.aws, draft.needs, plan_id, seconds)
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
    finding = checked.finding()
    return (finding,) if finding else ()


def plan_id_of(call: ToolCall) -> str:
    """The plan's id, from the call's: a message delivered twice makes one plan."""
    return "pln_" + hashlib.sha256(f"{call.session_id}\n{call.call_id}".encode()).hexdigest()[:24]


def ask_review(context: ExecutorContext, goal: str, policies: list[PolicyToReview]) -> Review | None:
    """Claude's review of the plan's policies, None without any. Its failure is said, and stops nothing."""
    if not policies:
        return None
    review = _ask(context, goal, policies)
    PlanAudit(context).reviewed(review)
    return review


def _ask(context: ExecutorContext, goal: str, policies: list[PolicyToReview]) -> Review:
    seconds = min(context.settings.review_timeout_seconds, context.aws.remaining() - RESERVE_SECONDS)
    if seconds <= 0:
        return Review(status="not_reviewed", reason="no time was left for it")
    try:
        return context.review(goal, [policy.model_dump(mode="json", exclude_none=True) for policy in policies], seconds)
    except AssistantError as error:
        return Review(status="not_reviewed", reason=error.detail)
    except (RedisError, OSError, ValidationError) as error:
        return Review(status="not_reviewed", reason=f"the advisor did not answer ({type(error).__name__})")
