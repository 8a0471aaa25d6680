"""Managed policies of IAM roles: attach and detach."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from botocore.exceptions import ClientError

from services.executor.calls.observation import Happened, NotYet
from services.executor.calls.request import Request
from services.executor.operations.role_state import check_role_name, every
from services.executor.registry.operation import OperationContext, StepContext, Undo, operation
from shared.aws import error_code
from shared.errors import Conflict, InvalidArguments
from shared.messages import Effect, Message

# A role that exists may have a path, which its name does not tell.
ANY_ROLE = ("arn:{partition}:iam::{account}:role/{role_name}", "arn:{partition}:iam::{account}:role/*/{role_name}")
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[\w+=,.@/-]{1,512}")


class AttachedPolicy(Message):
    role_name: str
    policy_arn: str


class DetachedPolicy(Message):
    role_name: str
    policy_arn: str
    detached: Literal[True] = True


def _check_attachment(role_name: str, policy_arn: str) -> None:
    check_role_name(role_name)
    if not _POLICY_ARN.fullmatch(policy_arn):
        raise InvalidArguments(
            f"policy_arn: {policy_arn!r} is not the ARN of a managed policy, like"
            " arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        )


def _attached_policy(policy_arn: str) -> list[dict[str, Any]]:
    return [{"name": policy_arn.rpartition("/")[2], "kind": "identity", "managed_arn": policy_arn}]


@operation(
    effect=Effect.PERMISSIONS,
    title="Attach the policy {policy_arn} to the role {role_name}",
    iam={"iam:AttachRolePolicy": ANY_ROLE, "iam:ListAttachedRolePolicies": ANY_ROLE},
    check=_check_attachment,
    policies=_attached_policy,
    requests=lambda role_name, policy_arn: [_attachment("AttachRolePolicy", role_name, policy_arn)],
    drift=lambda context, result: _attachment_drift(context, result, there=True),
    reversible="yes",
    undo=Undo("detach_policy_from_role", {"role_name": "role_name", "policy_arn": "policy_arn"}),
)
def assign_policy_to_role(context: OperationContext, role_name: str, policy_arn: str) -> AttachedPolicy:
    """Attach a managed policy to an IAM role, which must not have it yet.

    Args:
        role_name: Name of the role.
        policy_arn: ARN of the managed policy, e.g. arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess.
    """
    iam = context.aws.client("iam")

    def free() -> None:
        # AWS accepts a second attachment in silence; undo would then take away what was there before.
        if _attached(iam, role_name, policy_arn):
            raise Conflict(
                f"the role {role_name} has {policy_arn} already; there is nothing to do", code="already_attached"
            )

    context.calls.once(
        _attachment("AttachRolePolicy", role_name, policy_arn),
        lambda: Happened() if _attached(iam, role_name, policy_arn) else NotYet(),
        before=free,
    )
    return AttachedPolicy(role_name=role_name, policy_arn=policy_arn)


@operation(
    effect=Effect.PERMISSIONS,
    title="Detach the policy {policy_arn} from the role {role_name}",
    iam={"iam:DetachRolePolicy": ANY_ROLE, "iam:ListAttachedRolePolicies": ANY_ROLE},
    check=_check_attachment,
    requests=lambda role_name, policy_arn: [_attachment("DetachRolePolicy", role_name, policy_arn)],
    drift=lambda context, result: _attachment_drift(context, result, there=False),
    reversible="yes",
    undo=Undo("assign_policy_to_role", {"role_name": "role_name", "policy_arn": "policy_arn"}),
)
def detach_policy_from_role(context: OperationContext, role_name: str, policy_arn: str) -> DetachedPolicy:
    """Detach a managed policy from an IAM role.

    Args:
        role_name: Name of the role.
        policy_arn: ARN of the managed policy.
    """
    iam = context.aws.client("iam")
    context.calls.once(
        _attachment("DetachRolePolicy", role_name, policy_arn),
        lambda: NotYet() if _attached(iam, role_name, policy_arn) else Happened(),
    )
    return DetachedPolicy(role_name=role_name, policy_arn=policy_arn)


def _attachment(operation: str, role_name: str, policy_arn: str) -> Request:
    return Request("iam", operation, {"RoleName": role_name, "PolicyArn": policy_arn})


def _attached(iam: Any, role_name: str, policy_arn: str) -> bool:
    """Whether the role has the policy; a role that is gone has none."""
    try:
        attached = every(iam, "list_attached_role_policies", "AttachedPolicies", role_name)
    except ClientError as error:
        if error_code(error) == "NoSuchEntity":
            return False
        raise
    return any(policy["PolicyArn"] == policy_arn for policy in attached)


def _attachment_drift(context: StepContext, result: Mapping[str, Any], *, there: bool) -> str | None:
    role_name, policy_arn = str(result["role_name"]), str(result["policy_arn"])
    if _attached(context.aws.client("iam"), role_name, policy_arn) == there:
        return None
    return f"the role {role_name} {'no longer has' if there else 'has again'} the policy {policy_arn}"
