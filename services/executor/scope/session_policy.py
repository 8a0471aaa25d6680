"""The clients and credentials a plan's steps run with: a guard and a session policy of exactly their permissions.

A session without a role has only the caller's credentials; then the guard is the only thing that narrows a plan.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog

from services.executor.credentials.assume_role import DURATION_SECONDS, LONGEST_DURATION_SECONDS, assume
from services.executor.operations import OPERATIONS
from services.executor.registry.location import Location
from services.executor.scope.known_steps import KnownStep, known_steps
from services.executor.scope.shortening import shortened
from shared.access.guard import by_actions
from shared.access.levels import level_of_action
from shared.aws.clients import Aws
from shared.errors import AssistantError, AwsError, InvalidArguments
from shared.messages import Effect
from shared.plans.plan import Plan
from shared.sessions.credentials import Credentials
from shared.sessions.role_sessions import LOOKING, session_name

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
MAX_POLICY_CHARACTERS = 2048
MIN_DURATION_SECONDS = 900
_LOOKS = frozenset({Effect.LIST, Effect.READ, Effect.SENSITIVE_READ})
_ALLOW, _DENY = '"Effect":"Allow"', '"Effect":"Deny"'

log = structlog.get_logger(__name__)

Permission = tuple[str, str]
# What one session may do: IAM actions, each with a resource ARN.
Scope = tuple[Permission, ...]


def permissions_of(plan: Plan, location: Location) -> list[Permission]:
    """Action and resource ARN of every step and of what would undo it, each once."""
    needed: list[Permission] = []
    for step in known_steps(plan, location):
        needed += [*step.declared.needs, *_of_undo(step, location)]
    return list(dict.fromkeys(needed))


def permissions_of_step(step: KnownStep, location: Location, *, undoing: bool) -> list[Permission]:
    """Those of one step, or of what undoes it; of the other of the two only what looks, as its checks need it."""
    own, back = [*step.declared.needs], _of_undo(step, location)
    first, other = (back, own) if undoing else (own, back)
    return list(dict.fromkeys([*first, *(one for one in other if looks(one[0]))]))


def session_policies(permissions: Iterable[Permission]) -> tuple[str, ...]:
    """The session policies for these permissions that are not too long for AssumeRole, the narrowest first.

    Exact resources; the service's actions on all the plan's resources of that service; then its actions on any. Where
    these are all too long, several actions that look ("s3:GetBucketAcl") become one pattern that has nothing but such;
    actions that change are never widened. Raises InvalidArguments (`plan_too_large`) where that is too long too.
    """
    needed = list(permissions)
    made = (_document(statements) for statements in (_exact(needed), _by_service(needed), _any_resource(needed)))
    short = tuple(dict.fromkeys(policy for policy in made if _fits(policy)))
    if not short:
        short = tuple(filter(_fits, [_document(_any_resource(shortened(needed)))]))
    if not short:
        raise _too_large()
    return short


def check_policies(aws: Aws, plan: Plan) -> None:
    """Raise InvalidArguments (`plan_too_large`) where a session policy is too long, or AWS could pack none.

    AWS packs a session's policies and tags into a form of its own and bounds that too, which only AWS can compute:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. It is asked with the longest policy turned
    into a denial, so that nobody holds a power that nobody has approved. What else AWS refuses then is not judged here.
    """
    scopes = {scope_of(aws, plan, step.id, undoing=undoing) for step in plan.steps for undoing in (False, True)}
    longest = max((session_policies(scope) for scope in scopes if scope), key=lambda policies: len(policies[0]))
    if aws.session.role_arn is None:
        return
    denials = [policy.replace(_ALLOW, _DENY) for policy in longest]
    try:
        _assume_first(aws, f"{plan.plan_id}-fits", denials, MIN_DURATION_SECONDS)
    except AssistantError as error:
        if error.code in ("plan_too_large", "aws_region_disabled_exception"):
            raise
        log.info("session_policy_unchecked", plan_id=plan.plan_id, code=error.code)


def scope_of(aws: Aws, plan: Plan, step_id: str, *, undoing: bool = False) -> Scope:
    """What the session of a step may do, or the one of what undoes it.

    One session does for all steps of a plan, unless its policy could not name what they need: then each step has its
    own, and so has undoing it. What AWS itself does for a step is only ever named with exact resources together.
    """
    location = Location.of(aws.info)
    steps = list(known_steps(plan, location))
    whole = tuple(permissions_of(plan, location))
    exactly = any(step.declared.likely for step in steps)
    if any(_fits(_document(made(whole))) for made in ((_exact,) if exactly else (_exact, _by_service, _any_resource))):
        return whole
    return tuple(permissions_of_step(next(one for one in steps if one.id == step_id), location, undoing=undoing))


def scoped(aws: Aws, plan: Plan, scope: Scope, purpose: str = "") -> Aws:
    """`aws` for this alone: its clients always, its credentials where the session has a role to assume.

    `purpose` follows the plan's id in the name of the role's session; a run of the plan has none.
    """
    session = aws.session
    clients = aws.cache.under(by_actions("executor", (action for action, _ in scope)))
    if session.role_arn is None:
        return Aws(session, aws.deadline, clients, aws.gaps)
    credentials = _assume_first(aws, f"{plan.plan_id}{purpose}", session_policies(scope), _duration_of(scope))
    return Aws(session.model_copy(update={"credentials": credentials}), aws.deadline, clients, aws.gaps)


def scope_for_reading(aws: Aws, plan: Plan, step_id: str) -> Scope:
    """For looking at what this step made: what it needs of actions that change nothing."""
    return tuple(one for one in scope_of(aws, plan, step_id) if looks(one[0]))


def scoped_for_reading(aws: Aws, plan: Plan, step_id: str) -> Aws:
    """`aws` with that alone."""
    return scoped(aws, plan, scope_for_reading(aws, plan, step_id), LOOKING)


def readers(aws: Aws, plan: Plan) -> Callable[[str], Aws]:
    """`scoped_for_reading` by step; steps that may look at the same share a session."""
    made: dict[Scope, Aws] = {}

    def reader(step_id: str) -> Aws:
        scope = scope_for_reading(aws, plan, step_id)
        if scope not in made:
            made[scope] = scoped(aws, plan, scope, LOOKING)
        return made[scope]

    return reader


def looks(action: str) -> bool:
    """Whether it changes nothing; what a resource's state shows may be sensitive, and is not shown."""
    return level_of_action(action) in _LOOKS


def _fits(policy: str) -> bool:
    return len(policy) <= MAX_POLICY_CHARACTERS


def _of_undo(step: KnownStep, location: Location) -> list[Permission]:
    taken_back = OPERATIONS.inverse(step.operation.name, step.expected) if step.declared.reversible != "no" else None
    if taken_back is None:
        return []
    inverse, arguments = taken_back
    return inverse.permissions(inverse.validate(arguments), location)


def _duration_of(scope: Scope) -> int:
    """How long the credentials last: what Cloud Control does with them may take it longer than a plan takes."""
    slow = any(action.startswith("cloudformation:") for action, _ in scope)
    return LONGEST_DURATION_SECONDS if slow else DURATION_SECONDS


def _assume_first(aws: Aws, purpose: str, policies: Sequence[str], seconds: int) -> Credentials:
    """The role's session under the first policy that AWS can pack. Raises InvalidArguments where it can pack none."""
    for policy in policies:
        try:
            return assume(aws, session_name(purpose), policy, seconds)
        except AwsError as error:
            if error.code != "aws_packed_policy_too_large":
                raise
            log.info("session_policy_too_large", purpose=purpose, characters=len(policy))
    raise _too_large()


def _too_large() -> InvalidArguments:
    return InvalidArguments(
        "the plan needs more permissions than one session can hold: AWS bounds a session's policies and tags together."
        " Split it",
        code="plan_too_large",
    )


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _exact(permissions: Sequence[Permission]) -> list[dict[str, Any]]:
    """One statement per set of resources."""
    resources: dict[str, list[str]] = {}
    for action, resource in permissions:
        resources.setdefault(action, []).append(resource)
    actions: dict[tuple[str, ...], list[str]] = {}
    for action, wanted in resources.items():
        actions.setdefault(tuple(sorted(wanted)), []).append(action)
    return [_allow(sorted(named), list(wanted)) for wanted, named in actions.items()]


def _by_service(permissions: Sequence[Permission]) -> list[dict[str, Any]]:
    services: dict[tuple[str, bool], list[Permission]] = {}
    for action, resource in permissions:
        # What knows no resources must not give the service's other actions every one.
        services.setdefault((action.partition(":")[0], resource == "*"), []).append((action, resource))
    return [
        _allow(sorted({action for action, _ in needed}), sorted({resource for _, resource in needed}))
        for needed in services.values()
    ]


def _any_resource(permissions: Sequence[Permission]) -> list[dict[str, Any]]:
    return [_allow(sorted({action for action, _ in permissions}), ["*"])]


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}
