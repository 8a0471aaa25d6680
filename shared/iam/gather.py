"""Reads from IAM which policies a caller has: its own, its groups', and its permissions boundary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from shared.errors import BadRequest
from shared.iam.documents import CallerPolicies, Document, NamedPolicy

# What `gather` calls. A role that may do these on itself lets the assistant check permissions before it runs.
ACTIONS = (
    "iam:GetUser",
    "iam:ListUserPolicies",
    "iam:GetUserPolicy",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroupsForUser",
    "iam:ListGroupPolicies",
    "iam:GetGroupPolicy",
    "iam:ListAttachedGroupPolicies",
    "iam:GetRole",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
)
PARALLEL_CALLS = 8
MAX_ROLES = 50
_NOTHING: Document = {"Version": "2012-10-17", "Statement": []}


class NotAnIdentity(BadRequest):
    """The ARN is not a user's or a role's: root, a federated user, a service."""

    code = "caller_without_policies"


def gather(iam: Any, caller_arn: str) -> CallerPolicies:
    """Read the policies of the user or role behind a caller's ARN (assumed-role sessions included).

    All pages, default versions. Raises NotAnIdentity, and botocore's ClientError where something may not be read:
    a part of the policies says nothing about the caller.
    """
    kind, name = identity_of(caller_arn)
    with ThreadPoolExecutor(PARALLEL_CALLS) as pool:
        reads, groups = [lambda: _own(iam, kind, name)], list[str]()
        if kind == "user":
            groups = [item["GroupName"] for item in _pages(iam, "list_groups_for_user", "Groups", UserName=name)]
            reads += [_later(iam, "group", group) for group in groups]
        reader = pool.submit(getattr(iam, f"get_{kind}"), **{f"{kind.title()}Name": name})
        found = [read for listed in pool.map(lambda read: read(), reads) for read in listed]
        policies = tuple(pool.map(lambda read: read(), found))
        holder = reader.result()[kind.title()]
        boundary = holder.get("PermissionsBoundary")
        return CallerPolicies(
            policies=policies,
            boundary=_boundary(iam, boundary["PermissionsBoundaryArn"]) if boundary else None,
            arn=holder["Arn"],
            groups=tuple(groups),
            trust=holder.get("AssumeRolePolicyDocument"),
        )


def administrator_roles(iam: Any, partition: str) -> tuple[tuple[str, Document], ...]:
    """The roles that have AWS's own AdministratorAccess, at most `MAX_ROLES`: ARN and trust policy of each.

    Raises ClientError. Roles that are administrators by another policy are not found.
    """
    policy = f"arn:{partition}:iam::aws:policy/AdministratorAccess"
    listed = _pages(iam, "list_entities_for_policy", "PolicyRoles", PolicyArn=policy, EntityFilter="Role")
    with ThreadPoolExecutor(PARALLEL_CALLS) as pool:
        roles = list(pool.map(lambda role: iam.get_role(RoleName=role["RoleName"])["Role"], listed[:MAX_ROLES]))
    return tuple((role["Arn"], role["AssumeRolePolicyDocument"]) for role in roles)


def identity_of(caller_arn: str) -> tuple[str, str]:
    """("user" or "role", its name without path) of a caller's ARN. Raises NotAnIdentity."""
    parts = caller_arn.split(":", 5)
    kind, _, rest = (parts[5] if len(parts) == 6 else "").partition("/")
    if kind == "assumed-role" and rest:
        return "role", rest.split("/")[0]
    if kind in ("user", "role") and rest:
        return kind, rest.rsplit("/", 1)[-1]
    raise NotAnIdentity(f"{caller_arn} is neither a user nor a role, whose policies could be read")


def _later(iam: Any, kind: str, name: str) -> Callable[[], list[Callable[[], NamedPolicy]]]:
    return lambda: _own(iam, kind, name)


def _own(iam: Any, kind: str, name: str) -> list[Callable[[], NamedPolicy]]:
    """What reads each policy that hangs on this user, group or role itself."""
    holder = {f"{kind.title()}Name": name}
    inline = _pages(iam, f"list_{kind}_policies", "PolicyNames", **holder)
    attached = _pages(iam, f"list_attached_{kind}_policies", "AttachedPolicies", **holder)

    def read_inline(policy: str) -> NamedPolicy:
        answer = getattr(iam, f"get_{kind}_policy")(**holder, PolicyName=policy)
        return NamedPolicy(policy, f"inline in {kind} {name}", answer["PolicyDocument"])

    def read_attached(policy: dict[str, str]) -> NamedPolicy:
        document = managed_document(iam, policy["PolicyArn"])
        return NamedPolicy(policy["PolicyName"], f"attached to {kind} {name}", document, policy["PolicyArn"])

    return [
        *(lambda policy=policy: read_inline(policy) for policy in inline),
        *(lambda policy=policy: read_attached(policy) for policy in attached),
    ]


def managed_document(iam: Any, arn: str) -> Document:
    """The default version of a managed policy. Raises ClientError."""
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document: Document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return document


def managed_documents(iam: Any, arns: Sequence[str]) -> list[Document]:
    """The default versions of managed policies, in their order. Raises ClientError."""
    with ThreadPoolExecutor(PARALLEL_CALLS) as pool:
        return list(pool.map(lambda arn: managed_document(iam, arn), arns))


def attached_to_role(iam: Any, role_arn: str) -> dict[str, str]:
    """The managed policies of a role, ARNs by name. Raises ClientError."""
    name = role_arn.rpartition("/")[2]
    listed = _pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    return {one["PolicyName"]: one["PolicyArn"] for one in listed}


def _boundary(iam: Any, arn: str) -> NamedPolicy:
    name = arn.rpartition("/")[2]
    try:
        return NamedPolicy(name, "permissions boundary", managed_document(iam, arn), arn)
    except ClientError as error:
        # A boundary whose policy was deleted allows nothing.
        if error.response.get("Error", {}).get("Code") != "NoSuchEntity":
            raise
        return NamedPolicy(name, "permissions boundary, deleted", _NOTHING, arn)


def _pages(iam: Any, call: str, key: str, **arguments: str) -> list[Any]:
    return [item for page in iam.get_paginator(call).paginate(**arguments) for item in page[key]]
