"""The clients and credentials one plan runs with: a guard and a session policy of exactly the plan's permissions.

A session without a role has only the caller's credentials; then the guard is the only thing that narrows a plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from services.executor.credentials.assume_role import assume, session_name
from services.executor.operations import OPERATIONS
from services.executor.registry import references
from services.executor.registry.location import Location
from shared.access.guard import by_actions
from shared.access.levels import level_of_action
from shared.aws import Aws
from shared.errors import InvalidArguments
from shared.messages import Plan

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
MAX_POLICY_CHARACTERS = 2048
# Above the longest run of a plan (15 minutes) and its undoing.
DURATION_SECONDS = 1800

Permission = tuple[str, str]


def permissions_of(plan: Plan, location: Location) -> list[Permission]:
    """Action and resource ARN of every step and of what would undo it, each once."""
    expected: dict[str, Any] = {}
    needed: list[Permission] = []
    for step in plan.steps:
        operation = OPERATIONS[step.operation]
        values = operation.validate(references.resolve_arguments(step.arguments, expected))
        expected[step.id] = operation.expected_result(values, location)
        needed += operation.permissions(values, location)
        if taken_back := OPERATIONS.inverse(operation.name, expected[step.id]):
            inverse, arguments = taken_back
            needed += inverse.permissions(inverse.validate(arguments), location)
    return list(dict.fromkeys(needed))


def session_policy(permissions: Iterable[Permission]) -> str:
    """The narrowest session policy for these permissions that AssumeRole takes.

    Exact resources; where that is too long the service's actions on all the plan's resources of that service;
    then its actions on any. Actions are never widened. Raises InvalidArguments (`plan_too_large`).
    """
    needed = list(permissions)
    for statements in (_exact(needed), _by_service(needed), _any_resource(needed)):
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
        if len(policy) <= MAX_POLICY_CHARACTERS:
            return policy
    raise InvalidArguments("the plan needs more permissions than one session can hold; split it", code="plan_too_large")


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
    policy = session_policy(permissions)
    credentials = assume(aws, session_name(plan.plan_id), policy, DURATION_SECONDS)
    return Aws(session.model_copy(update={"credentials": credentials}), aws.deadline, clients, aws.gaps)


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
