"""Managed policies of roles: what their attaching and their detaching share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from services.executor.calls.request import Request
from services.executor.operations.iam.reserved import check_role_is_ours
from services.executor.operations.iam.role_state import (
    attached_policies,
    check_role_name,
    every,
    find_role,
    role_trust,
)
from services.executor.registry.account_state import AccountState
from services.executor.registry.contexts import OperationContext, StepContext
from services.executor.registry.drift import Drift, Moved
from services.executor.registry.facts import fact
from services.executor.registry.location import Location
from shared.aws.clients import Aws, error_code
from shared.errors import InvalidArguments
from shared.plans.step import Step
from shared.resource_types.paths import pointer

# A role that exists may have a path, which its name does not tell.
ANY_ROLE = ("arn:{partition}:iam::{account}:role/{role_name}", "arn:{partition}:iam::{account}:role/*/{role_name}")
# Policies may have conditions on it:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
POLICY_CONTEXT = {"iam:PolicyARN": "{policy_arn}"}
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[\w+=,.@/-]{1,512}")


@fact("the policy {0}", iam=("iam:GetPolicy",), absent=("NoSuchEntity",))
def managed_policy(aws: Aws, policy_arn: str) -> bool:
    """Whether there is such a managed policy."""
    return bool(aws.client("iam").get_policy(PolicyArn=policy_arn))


def check_attachment(role_name: str, policy_arn: str, location: Location) -> None:
    """Raise InvalidArguments unless these are a role's name and the ARN of a managed policy that the account has."""
    check_role_name(role_name)
    check_role_is_ours(role_name, "to change its policies")
    if not _POLICY_ARN.fullmatch(policy_arn):
        raise InvalidArguments(
            f"policy_arn: {policy_arn!r} is not the ARN of a managed policy, like"
            " arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        )
    _, partition, _, _, account, _ = policy_arn.split(":", 5)
    if partition != location.partition or account not in ("aws", location.account):
        raise InvalidArguments(
            f"policy_arn: {policy_arn} is of another account or partition; IAM attaches AWS's policies and those of the"
            f" account itself, {location.account} ({location.partition})"
        )


def request(operation: str, role_name: str, policy_arn: str) -> Request:
    """AttachRolePolicy or DetachRolePolicy."""
    return Request("iam", operation, {"RoleName": role_name, "PolicyArn": policy_arn})


def is_attached(iam: Any, role_name: str, policy_arn: str) -> bool:
    """Whether the role has the policy; a role that is gone has none."""
    try:
        attached = every(iam, "list_attached_role_policies", "AttachedPolicies", role_name)
    except ClientError as error:
        if error_code(error) == "NoSuchEntity":
            return False
        raise
    return any(policy["PolicyArn"] == policy_arn for policy in attached)


def id_of(iam: Any, role_name: str) -> dict[str, str]:
    """The role's id, by which a successor is told apart; "" where there is no such role."""
    role = find_role(iam, role_name)
    return {"role_id": role["RoleId"] if role else ""}


def known_id_of(context: OperationContext, iam: Any, role_name: str) -> dict[str, str]:
    """`id_of`, of a role that IAM may not know everywhere yet where it was made moments ago."""
    return context.calls.patiently(
        lambda: id_of(iam, role_name), about=role_name, shows=lambda found: bool(found["role_id"])
    )


def attached_in(state: AccountState, role_name: str) -> frozenset[str] | None:
    """The policies that a role has when the step runs, None where that is not known.

    Raises Conflict (`missing_resource`) where there is no such role.
    """
    state.must_exist(f"role {role_name}", role_trust, role_name)
    if not state.knows(attached_policies, role_name):
        return None
    return state.get(attached_policies, role_name) or frozenset()


def _deletes(step: Step, role_name: str) -> bool:
    result = step.result if isinstance(step.result, dict) else {}
    return step.operation == "delete_iam_role" and result.get("role_name") == role_name


def drift(context: StepContext, result: Mapping[str, Any], *, there: bool) -> Drift | None:
    """How an attachment, which is `there` once the step is done, or is not, differs from that."""
    role_name, policy_arn = str(result["role_name"]), str(result["policy_arn"])
    role_id, now = result.get("role_id"), id_of(context.aws.client("iam"), role_name)["role_id"]
    there = there != context.undone
    # Undoing a plan that deleted the role makes a role like it, which has another id.
    replaced = any(_deletes(step, role_name) for step in context.steps)
    if role_id and now and role_id != now and not replaced:
        return Drift(f"the role {role_name} was deleted and made anew by somebody", (Moved("/RoleId", role_id, now),))
    attached = is_attached(context.aws.client("iam"), role_name, policy_arn)
    if attached == there:
        return None
    path, words = pointer(("AttachedManagedPolicies", policy_arn)), {True: "attached", False: "not attached"}
    why = f"the role {role_name} {'no longer has' if there else 'has again'} the policy {policy_arn}"
    return Drift(why, (Moved(path, words[there], words[attached]),), gone=not now)
