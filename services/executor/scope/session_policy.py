"""The clients and credentials one plan runs with: a guard and a session policy of exactly the plan's permissions.

A session without a role has only the caller's credentials; then the guard is the only thing that narrows a plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import structlog

from services.executor.credentials.assume_role import DURATION_SECONDS, assume, session_name
from services.executor.operations import OPERATIONS
from services.executor.registry.location import Location
from services.executor.scope.known_steps import known_steps
from shared.access.guard import by_actions
from shared.access.levels import level_of_action
from shared.aws import Aws
from shared.credentials import Credentials
from shared.errors import AssistantError, AwsError, InvalidArguments
from shared.messages import Plan

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
MAX_POLICY_CHARACTERS = 2048
MIN_DURATION_SECONDS = 900
_ALLOW, _DENY = '"Effect":"Allow"', '"Effect":"Deny"'

log = structlog.get_logger(__name__)

Permission = tuple[str, str]


def permissions_of(plan: Plan, location: Location) -> list[Permission]:
    """Action and resource ARN of every step and of what would undo it, each once."""
    needed: list[Permission] = []
    for step in known_steps(plan, location):
        needed += step.declared.permissions
        if step.declared.reversible == "no":
            continue
        if taken_back := OPERATIONS.inverse(step.operation.name, step.expected):
            inverse, arguments = taken_back
            needed += inverse.permissions(inverse.validate(arguments), location)
    return list(dict.fromkeys(needed))


def session_policies(permissions: Iterable[Permission]) -> tuple[str, ...]:
    """The session policies for these permissions that are not too long for AssumeRole, the narrowest first.

    Exact resources; the service's actions on all the plan's resources of that service; then its actions on any.
    Actions are never widened. Raises InvalidArguments (`plan_too_large`) where all are too long.
    """
    needed = list(permissions)
    made = (_document(statements) for statements in (_exact(needed), _by_service(needed), _any_resource(needed)))
    short = tuple(dict.fromkeys(policy for policy in made if len(policy) <= MAX_POLICY_CHARACTERS))
    if not short:
        raise _too_large()
    return short


def check_policies(aws: Aws, plan: Plan) -> None:
    """Raise InvalidArguments (`plan_too_large`) where the plan's session policies are too long, or AWS could pack none.

    AWS packs a session's policies and tags into a form of its own and bounds that too, which only AWS can compute:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. It is asked with the plan's policy turned
    into a denial, so that nobody holds a power that nobody has approved. What else AWS refuses then is not judged here.
    """
    policies = session_policies(permissions_of(plan, Location.of(aws.info)))
    if aws.session.role_arn is None:
        return
    denials = [policy.replace(_ALLOW, _DENY) for policy in policies]
    try:
        _assume_first(aws, f"{plan.plan_id}-fits", denials, MIN_DURATION_SECONDS)
    except AssistantError as error:
        if error.code in ("plan_too_large", "aws_region_disabled_exception"):
            raise
        log.info("session_policy_unchecked", plan_id=plan.plan_id, code=error.code)


def scoped(aws: Aws, plan: Plan) -> Aws:
    """`aws` for this plan alone: its clients always, its credentials where the session has a role to assume."""
    return _narrowed(aws, plan, permissions_of(plan, Location.of(aws.info)))


def scoped_for_reading(aws: Aws, plan: Plan) -> Aws:
    """`aws` for looking at what this plan made: with what the plan's steps need of actions that change nothing."""
    permissions = permissions_of(plan, Location.of(aws.info))
    return _narrowed(aws, plan, [one for one in permissions if not level_of_action(one[0]).is_change])


def _narrowed(aws: Aws, plan: Plan, permissions: list[Permission]) -> Aws:
    session = aws.session
    clients = aws.cache.under(by_actions("executor", (action for action, _ in permissions)))
    if session.role_arn is None:
        return Aws(session, aws.deadline, clients, aws.gaps)
    credentials = _assume_first(aws, plan.plan_id, session_policies(permissions), DURATION_SECONDS)
    return Aws(session.model_copy(update={"credentials": credentials}), aws.deadline, clients, aws.gaps)


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


def _exact(permissions: list[Permission]) -> list[dict[str, Any]]:
    """One statement per set of resources."""
    resources: dict[str, list[str]] = {}
    for action, resource in permissions:
        resources.setdefault(action, []).append(resource)
    actions: dict[tuple[str, ...], list[str]] = {}
    for action, wanted in resources.items():
        actions.setdefault(tuple(sorted(wanted)), []).append(action)
    return [_allow(sorted(named), list(wanted)) for wanted, named in actions.items()]


def _by_service(permissions: list[Permission]) -> list[dict[str, Any]]:
    services: dict[tuple[str, bool], list[Permission]] = {}
    for action, resource in permissions:
        # What knows no resources must not give the service's other actions every one.
        services.setdefault((action.partition(":")[0], resource == "*"), []).append((action, resource))
    return [
        _allow(sorted({action for action, _ in needed}), sorted({resource for _, resource in needed}))
        for needed in services.values()
    ]


def _any_resource(permissions: list[Permission]) -> list[dict[str, Any]]:
    return [_allow(sorted({action for action, _ in permissions}), ["*"])]


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}
