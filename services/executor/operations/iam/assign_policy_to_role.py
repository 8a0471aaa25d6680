"""Attach a managed policy to an IAM role."""

from __future__ import annotations

from typing import Any

from services.executor.calls.observation import Happened, NotYet
from services.executor.operations.iam import attachments
from services.executor.operations.iam.attachments import (
    ANY_ROLE,
    POLICY_CONTEXT,
    attached_in,
    check_attachment,
    id_of,
    is_attached,
    known_id_of,
    managed_policy,
)
from services.executor.operations.iam.reserved import check_attachable
from services.executor.operations.iam.role_state import (
    COST,
    attached_policies,
    check_same_role,
    role_quotas,
    role_trust,
)
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext
from services.executor.registry.declaration import operation
from services.executor.registry.facts import Question
from services.executor.registry.location import Location
from services.executor.registry.operation import Undo
from shared.errors import Conflict
from shared.messages import Effect, Message


class AttachedPolicy(Message):
    """`role_id` is never given twice: a role of that name with another id is another role."""

    role_name: str
    policy_arn: str
    role_id: str


def _check(role_name: str, policy_arn: str, location: Location) -> None:
    check_attachment(role_name, policy_arn, location)
    check_attachable(policy_arn)


def _policies(policy_arn: str) -> list[dict[str, Any]]:
    return [{"name": policy_arn.rpartition("/")[2], "kind": "identity", "managed_arn": policy_arn}]


def _facts(role_name: str, policy_arn: str) -> list[Question]:
    of_role = [role_trust.about(role_name), attached_policies.about(role_name)]
    return [*of_role, managed_policy.about(policy_arn), role_quotas.about()]


def _rule(state: AccountState, role_name: str, policy_arn: str) -> None:
    attached = attached_in(state, role_name)
    state.must_exist(f"managed policy {policy_arn}", managed_policy, policy_arn)
    if attached is None:
        return
    if policy_arn in attached:
        because = state.because(attached_policies, role_name)
        raise Conflict(
            f"the role {role_name} has {policy_arn} already{because}; there is nothing to do", code="already_attached"
        )
    quotas = state.get(role_quotas)
    if quotas and len(attached) >= quotas.most_attached:
        raise Conflict(
            f"the role {role_name} has {len(attached)} of {quotas.most_attached} attached policies",
            code="quota_reached",
        )
    state.put(attached_policies, role_name, value=attached | {policy_arn})


@operation(
    effect=Effect.PERMISSIONS,
    title="Attach the policy {policy_arn} to the role {role_name}",
    iam={"iam:AttachRolePolicy": ANY_ROLE, "iam:ListAttachedRolePolicies": ANY_ROLE, "iam:GetRole": ANY_ROLE},
    context_keys={"iam:AttachRolePolicy": POLICY_CONTEXT},
    check=_check,
    policies=_policies,
    requests=lambda role_name, policy_arn: [attachments.request("AttachRolePolicy", role_name, policy_arn)],
    conflicts=Conflicts(facts=_facts, rule=_rule),
    cost=COST,
    deletes=False,
    reversible="yes",
    undo=Undo("detach_policy_from_role", {"role_name": "role_name", "policy_arn": "policy_arn"}),
    drift=lambda context, result: attachments.drift(context, result, there=True),
    compares="whether that role has the policy",
)
def assign_policy_to_role(context: OperationContext, role_name: str, policy_arn: str) -> AttachedPolicy:
    """Attach a managed policy to an IAM role; it must not have it yet.

    Args:
        role_name: Name of the role.
        policy_arn: ARN of the managed policy, e.g. arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess.
    """
    iam = context.aws.client("iam")
    role_id = context.calls.remember("role", lambda: known_id_of(context, iam, role_name))["role_id"]

    def free() -> None:
        check_same_role(iam, role_name, role_id)
        # AWS accepts a second attachment in silence; undo would then take away what was there before.
        if is_attached(iam, role_name, policy_arn):
            raise Conflict(
                f"the role {role_name} has {policy_arn} already; there is nothing to do", code="already_attached"
            )

    def is_there() -> bool:
        return id_of(iam, role_name)["role_id"] == role_id and is_attached(iam, role_name, policy_arn)

    context.calls.once(
        attachments.request("AttachRolePolicy", role_name, policy_arn),
        lambda: Happened() if is_there() else NotYet(),
        before=free,
    )
    return AttachedPolicy(role_name=role_name, policy_arn=policy_arn, role_id=role_id)
