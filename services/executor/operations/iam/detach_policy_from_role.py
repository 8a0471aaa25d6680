"""Detach a managed policy from an IAM role."""

from __future__ import annotations

from typing import Literal

from services.executor.calls.observation import Happened, Observation, Unclear
from services.executor.operations.iam import attachments
from services.executor.operations.iam.attachments import (
    ANY_ROLE,
    POLICY_CONTEXT,
    attached_in,
    check_attachment,
    id_of,
    is_attached,
    known_id_of,
)
from services.executor.operations.iam.role_state import COST, attached_policies, check_same_role, role_trust
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext
from services.executor.registry.declaration import operation
from services.executor.registry.operation import Undo
from shared.errors import Conflict
from shared.messages import Effect, Message


class DetachedPolicy(Message):
    """`role_id` is never given twice: a role of that name with another id is another role."""

    role_name: str
    policy_arn: str
    role_id: str
    detached: Literal[True] = True


def _rule(state: AccountState, role_name: str, policy_arn: str) -> None:
    attached = attached_in(state, role_name)
    if attached is None:
        return
    if policy_arn not in attached:
        raise Conflict(
            f"the role {role_name} does not have {policy_arn}; there is nothing to detach", code="not_attached"
        )
    state.put(attached_policies, role_name, value=attached - {policy_arn})


@operation(
    effect=Effect.PERMISSIONS,
    title="Detach the policy {policy_arn} from the role {role_name}",
    iam={"iam:DetachRolePolicy": ANY_ROLE, "iam:ListAttachedRolePolicies": ANY_ROLE, "iam:GetRole": ANY_ROLE},
    context_keys={"iam:DetachRolePolicy": POLICY_CONTEXT},
    check=check_attachment,
    requests=lambda role_name, policy_arn: [attachments.request("DetachRolePolicy", role_name, policy_arn)],
    conflicts=Conflicts(
        facts=lambda role_name: [role_trust.about(role_name), attached_policies.about(role_name)], rule=_rule
    ),
    cost=COST,
    deletes=False,
    reversible="yes",
    undo=Undo("assign_policy_to_role", {"role_name": "role_name", "policy_arn": "policy_arn"}),
    drift=lambda context, result: attachments.drift(context, result, there=False),
    compares="whether that role has the policy",
)
def detach_policy_from_role(context: OperationContext, role_name: str, policy_arn: str) -> DetachedPolicy:
    """Detach a managed policy from an IAM role.

    Args:
        role_name: Name of the role.
        policy_arn: ARN of the managed policy.
    """
    iam = context.aws.client("iam")
    role_id = context.calls.remember("role", lambda: known_id_of(context, iam, role_name))["role_id"]

    def probe() -> Observation:
        now = id_of(iam, role_name)["role_id"]
        if (role_id and now != role_id) or not is_attached(iam, role_name, policy_arn):
            return Happened()
        # An attachment has neither id nor date.
        return Unclear(
            f"the role {role_name} has {policy_arn}: it was not detached, or detached and attached again by somebody"
        )

    context.calls.once(
        attachments.request("DetachRolePolicy", role_name, policy_arn),
        probe,
        before=lambda: check_same_role(iam, role_name, role_id),
    )
    return DetachedPolicy(role_name=role_name, policy_arn=policy_arn, role_id=role_id)
