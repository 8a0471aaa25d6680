"""Informational tools about IAM: lists roles, and describes one with its policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field, JsonValue

from services.info_tools.aws import Place, list_all
from services.info_tools.combined import Combined, Row
from services.info_tools.parallel import translated
from services.info_tools.toolbox import toolbox
from services.info_tools.tools.ec2 import Tag
from shared.aws.clients import Aws, error_code, translate
from shared.errors import NotFound, Unauthenticated
from shared.messages import Effect, Message
from shared.text.similar import similar

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html and API_ListRoles.html
RoleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@-]{1,64}$")]
PathPrefix = Annotated[str, Field(pattern=r"^/[\x21-\x7e]{0,511}$")]

Read = TypeVar("Read")


class Role(Row):
    role_name: str
    arn: str
    path: str
    created_at: datetime
    description: str | None
    max_session_seconds: int | None


class RoleList(Combined):
    roles: tuple[Role, ...]
    role_count: int


class AttachedPolicy(Message):
    policy_name: str
    policy_arn: str


class InlinePolicy(Message):
    policy_name: str
    document: dict[str, JsonValue]


class RoleDescription(Role):
    role_id: str
    trust_policy: dict[str, JsonValue] = Field(description="Who may assume the role.")
    attached_policies: tuple[AttachedPolicy, ...]
    inline_policies: tuple[InlinePolicy, ...]
    permissions_boundary_arn: str | None
    tags: tuple[Tag, ...]
    last_used_at: datetime | None = Field(description="Null where it was not used in the last 400 days.")
    last_used_region: str | None


@toolbox.tool(effect=Effect.LIST, iam_actions=("iam:ListRoles",))
def list_iam_roles(aws: Aws, path_prefix: PathPrefix | None = None) -> RoleList:
    """List the IAM roles with ARN, path, creation time and description, without their policies.

    All roles are included: those of services (service-linked, under /aws-service-role/) and of IAM Identity Center too.
    IAM is global: regions do not matter. Each has its longest session in seconds too; for a role's policies use
    describe_iam_role.

    Args:
        path_prefix: Only roles under this path, such as "/service-role/"; all roles when left out.
    """
    path = {"PathPrefix": path_prefix} if path_prefix else {}
    with translated():
        listed = list_all(aws, aws.client("iam"), "list_roles", "Roles", place=Place(), page_size=1000, **path)
    roles = tuple(Role(**_role(role)) for role in listed)
    return RoleList(roles=roles, role_count=len(roles))


@toolbox.tool(
    effect=Effect.READ,
    iam_actions=(
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:GetRolePolicy",
        "iam:ListRoles",
    ),
)
def describe_iam_role(aws: Aws, role_name: RoleName) -> RoleDescription:
    """Describe one IAM role: trust policy, attached and inline policies, permissions boundary, tags, last use.

    Attached managed policies are named, without their documents; inline policies come with theirs.

    Args:
        role_name: Its name; without its path, and not its ARN.
    """
    client = aws.client("iam")
    with translated():
        try:
            role = client.get_role(RoleName=role_name)["Role"]
        except ClientError as error:
            if error_code(error) != "NoSuchEntity":
                raise
            raise NotFound(
                f"there is no role {role_name!r}{_similar(aws, role_name)}", code="role_not_found"
            ) from error
    last_used = role.get("RoleLastUsed", {})
    return RoleDescription(
        **_role(role),
        role_id=role["RoleId"],
        trust_policy=_document(role["AssumeRolePolicyDocument"]),
        attached_policies=_part(aws, role_name, "attached policies", lambda: _attached(aws, role_name)),
        inline_policies=_part(aws, role_name, "inline policies", lambda: _inline(aws, role_name)),
        permissions_boundary_arn=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        tags=tuple(Tag(key=tag["Key"], value=tag["Value"]) for tag in role.get("Tags", ())),
        last_used_at=last_used.get("LastUsedDate"),
        last_used_region=last_used.get("Region"),
    )


def _role(role: dict[str, Any]) -> dict[str, Any]:
    return {
        "role_name": role["RoleName"],
        "arn": role["Arn"],
        "path": role["Path"],
        "created_at": role["CreateDate"],
        "description": role.get("Description") or None,
        "max_session_seconds": role.get("MaxSessionDuration"),
    }


def _part(aws: Aws, role_name: str, what: str, read: Callable[[], tuple[Read, ...]]) -> tuple[Read, ...]:
    """Read one part of a role; where AWS denies it, record a gap and return the rest of the role."""
    try:
        return read()
    except (ClientError, BotoCoreError) as error:
        reason = translate(error)
        if isinstance(reason, Unauthenticated):
            raise reason from error
        aws.gap(reason.code, f"its {what} are not known: {reason.detail}", resource=role_name)
        return ()


def _attached(aws: Aws, role_name: str) -> tuple[AttachedPolicy, ...]:
    listed = list_all(
        aws,
        aws.client("iam"),
        "list_attached_role_policies",
        "AttachedPolicies",
        place=Place(resource=role_name),
        RoleName=role_name,
    )
    return tuple(AttachedPolicy(policy_name=item["PolicyName"], policy_arn=item["PolicyArn"]) for item in listed)


def _inline(aws: Aws, role_name: str) -> tuple[InlinePolicy, ...]:
    client = aws.client("iam")
    policies = []
    for page in client.get_paginator("list_role_policies").paginate(RoleName=role_name):
        for name in page["PolicyNames"]:
            document = client.get_role_policy(RoleName=role_name, PolicyName=name)["PolicyDocument"]
            policies.append(InlinePolicy(policy_name=name, document=_document(document)))
    return tuple(policies)


def _document(document: str | dict[str, JsonValue]) -> dict[str, JsonValue]:
    """A policy document as JSON. IAM sends URL-encoded text, which botocore decodes for most operations."""
    if isinstance(document, dict):
        return document
    decoded: dict[str, JsonValue] = json.loads(unquote(document))
    return decoded


def _similar(aws: Aws, role_name: str) -> str:
    """A sentence naming roles with a similar name, from one page of roles; empty where listing roles is denied."""
    try:
        names = [str(role["RoleName"]) for role in aws.client("iam").list_roles(MaxItems=1000)["Roles"]]
    except (ClientError, BotoCoreError):
        return ""
    close = similar(role_name, names)
    return f"; did you mean {', '.join(close)}?" if close else ""
