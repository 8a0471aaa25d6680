"""IAM roles: create, delete, attach and detach managed policies."""

from __future__ import annotations

import re
from typing import Any, Literal

from botocore.exceptions import ClientError

from services.executor.operations.documents import Source, compact, permissions_policy, trust_policy
from services.executor.operations.registry import OperationContext, Undo, operation
from shared.errors import Conflict, InvalidArguments
from shared.messages import Effect, Message

NEW_ROLE = "arn:{partition}:iam::{account}:role/{name}"
# A role that exists may have a path, which its name does not tell.
ANY_ROLE = ("arn:{partition}:iam::{account}:role/{role_name}", "arn:{partition}:iam::{account}:role/*/{role_name}")
NAMED_ROLE = (NEW_ROLE, "arn:{partition}:iam::{account}:role/*/{name}")
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[\w+=,.@/-]{1,512}")


class CreatedRole(Message):
    role_name: str
    arn: str
    role_id: str


class DeletedRole(Message):
    role_name: str
    deleted: Literal[True] = True


class AttachedPolicy(Message):
    role_name: str
    policy_arn: str


class DetachedPolicy(Message):
    role_name: str
    policy_arn: str
    detached: Literal[True] = True


def check_role_name(name: str) -> None:
    """Raise InvalidArguments unless IAM takes the name for a role (API_CreateRole: RoleName)."""
    if not re.fullmatch(r"[\w+=,.@-]{1,64}", name, flags=re.ASCII):
        raise InvalidArguments(f"{name!r} is no role name; one has 1 to 64 letters, digits and _+=,.@-")


def inline_policy_name(role_name: str) -> str:
    """The name of the inline policy that holds the permissions `create_iam_role` was given."""
    return f"{role_name}-permissions"


def _check_create(
    name: str,
    policy_document: Source,
    permissions: Source | None,
    description: str,
) -> None:
    check_role_name(name)
    trust_policy(policy_document, "policy_document")
    if permissions is not None:
        permissions_policy(permissions, "permissions")
    if len(description) > 1000:
        raise InvalidArguments("description: longer than 1000 characters")


def _policies(name: str, policy_document: Source, permissions: Source | None) -> list[dict[str, Any]]:
    document = trust_policy(policy_document, "policy_document")
    policies = [{"name": f"{name} (who may assume it)", "kind": "trust", "document": document}]
    if permissions is not None:
        document = permissions_policy(permissions, "permissions")
        policies.append({"name": inline_policy_name(name), "kind": "identity", "document": document})
    return policies


def _role_with_permissions(name: str, permissions: Source | None) -> dict[str, str | None]:
    return {"role_with_permissions": None if permissions is None else name}


@operation(
    effect=Effect.PERMISSIONS,
    title="Create the IAM role {name}",
    iam={
        "iam:CreateRole": (NEW_ROLE,),
        "iam:TagRole": (NEW_ROLE,),
        "iam:PutRolePolicy": ("arn:{partition}:iam::{account}:role/{role_with_permissions}",),
    },
    expects={"role_name": "{name}", "arn": NEW_ROLE},
    facts=_role_with_permissions,
    check=_check_create,
    policies=_policies,
    reversible="yes",
    undo=Undo("delete_iam_role", {"name": "role_name"}),
)
def create_iam_role(
    context: OperationContext,
    name: str,
    policy_document: Source,
    permissions: Source | None = None,
    description: str = "",
) -> CreatedRole:
    """Create an IAM role with a trust policy and, where given, inline permissions.

    Args:
        name: Name of the role, unique in the account.
        policy_document: Trust policy as JSON: who may assume the role. For a Lambda function's role the principal
            is {"Service": "lambda.amazonaws.com"} and the action sts:AssumeRole.
        permissions: Permissions policy as JSON, put into the role as an inline policy. Leave it out to attach
            managed policies instead.
        description: What the role is for.
    """
    iam = context.aws.client("iam")
    optional = {"Description": description} if description else {}
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=compact(trust_policy(policy_document, "policy_document")),
        Tags=context.tag_list,
        **optional,
    )["Role"]
    if permissions is not None:
        document = compact(permissions_policy(permissions, "permissions"))
        try:
            iam.put_role_policy(RoleName=name, PolicyName=inline_policy_name(name), PolicyDocument=document)
        except ClientError:
            # A failed step leaves nothing behind.
            iam.delete_role(RoleName=name)
            raise
    return CreatedRole(role_name=role["RoleName"], arn=role["Arn"], role_id=role["RoleId"])


@operation(
    effect=Effect.PERMISSIONS,
    title="Delete the IAM role {name} with its inline policies",
    iam={
        "iam:DeleteRole": NAMED_ROLE,
        "iam:DeleteRolePolicy": NAMED_ROLE,
        "iam:ListAttachedRolePolicies": NAMED_ROLE,
        "iam:ListRolePolicies": NAMED_ROLE,
    },
    expects={"role_name": "{name}"},
    check=check_role_name,
    reversible="no",
)
def delete_iam_role(context: OperationContext, name: str) -> DeletedRole:
    """Delete an IAM role and its inline policies. Attached managed policies must be detached first.

    Args:
        name: Name of the role.
    """
    iam = context.aws.client("iam")
    attached = [policy["PolicyArn"] for policy in _all(iam, "list_attached_role_policies", "AttachedPolicies", name)]
    if attached:
        raise Conflict(
            f"the role {name} has attached policies, detach them first (detach_policy_from_role): "
            + ", ".join(attached),
            code="role_has_attached_policies",
        )
    for policy_name in _all(iam, "list_role_policies", "PolicyNames", name):
        iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
    iam.delete_role(RoleName=name)
    return DeletedRole(role_name=name)


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
    # AWS accepts a second attachment in silence; undo would then take away what was there before.
    attached = _all(iam, "list_attached_role_policies", "AttachedPolicies", role_name)
    if any(policy["PolicyArn"] == policy_arn for policy in attached):
        raise Conflict(
            f"the role {role_name} has {policy_arn} already; there is nothing to do", code="already_attached"
        )
    iam.attach_role_policy(RoleName=role_name, PolicyArn=policy_arn)
    return AttachedPolicy(role_name=role_name, policy_arn=policy_arn)


@operation(
    effect=Effect.PERMISSIONS,
    title="Detach the policy {policy_arn} from the role {role_name}",
    iam={"iam:DetachRolePolicy": ANY_ROLE},
    check=_check_attachment,
    reversible="yes",
    undo=Undo("assign_policy_to_role", {"role_name": "role_name", "policy_arn": "policy_arn"}),
)
def detach_policy_from_role(context: OperationContext, role_name: str, policy_arn: str) -> DetachedPolicy:
    """Detach a managed policy from an IAM role.

    Args:
        role_name: Name of the role.
        policy_arn: ARN of the managed policy.
    """
    context.aws.client("iam").detach_role_policy(RoleName=role_name, PolicyArn=policy_arn)
    return DetachedPolicy(role_name=role_name, policy_arn=policy_arn)


def _all(iam: Any, call: str, key: str, role_name: str) -> list[Any]:
    """Every page of a listing of one role."""
    return [item for page in iam.get_paginator(call).paginate(RoleName=role_name) for item in page[key]]
