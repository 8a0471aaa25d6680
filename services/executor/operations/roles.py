"""IAM roles: create and delete, with their inline policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from services.executor.calls import Happened, NotYet, Request, Seen
from services.executor.operations import tags as marks
from services.executor.operations.documents import (
    Document,
    Source,
    compact,
    permissions_policy,
    statements,
    trust_policy,
)
from services.executor.operations.registry import OperationContext, StepContext, Undo, operation
from services.executor.operations.role_state import (
    check_role_name,
    every,
    find_role,
    inline_gone,
    inline_look,
    inline_policy,
    role_facts,
    role_gone,
)
from services.executor.place import Place
from shared.errors import AssistantError, Conflict, InvalidArguments
from shared.messages import Effect, Message

NEW_ROLE = "arn:{partition}:iam::{account}:role/{name}"
# A role that exists may have a path, which its name does not tell.
NAMED_ROLE = (NEW_ROLE, "arn:{partition}:iam::{account}:role/*/{name}")


class CreatedRole(Message):
    """The documents, JSON, are what it was made with: a role that differs has been changed since."""

    role_name: str
    arn: str
    role_id: str
    trust_policy: str
    permissions: str | None = None


class DeletedRole(Message):
    """The documents, JSON, are what the role had: enough to make one like it."""

    role_name: str
    description: str
    trust_policy: str
    permissions: str | None
    deleted: Literal[True] = True


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


def _documents(name: str, policy_document: Source, permissions: Source | None) -> dict[str, str | None]:
    return {
        "role_with_permissions": None if permissions is None else name,
        "trust": _as_sent(policy_document, trust_policy),
        "inline": None if permissions is None else _as_sent(permissions, permissions_policy),
    }


def _as_sent(source: Source, read: Callable[[Source, str], Document]) -> str:
    """A document as AWS gets it; what is no document yet, because a step has to give it, as it is."""
    try:
        return compact(read(source, ""))
    except InvalidArguments:
        return str(source)


def _create_requests(
    name: str, policy_document: Source, permissions: Source | None, description: str, tags: Mapping[str, str]
) -> list[Request]:
    role: dict[str, Any] = {
        "RoleName": name,
        "AssumeRolePolicyDocument": compact(trust_policy(policy_document, "policy_document")),
        "Tags": marks.as_list(tags),
    }
    if description:
        role["Description"] = description
    requests = [Request("iam", "CreateRole", role)]
    if permissions is not None:
        document = compact(permissions_policy(permissions, "permissions"))
        inline = {"RoleName": name, "PolicyName": inline_policy_name(name), "PolicyDocument": document}
        requests.append(Request("iam", "PutRolePolicy", inline))
    return requests


def _role_moved_on(context: StepContext, result: Mapping[str, Any]) -> str | None:
    iam, name = context.aws.client("iam"), str(result["role_name"])
    role = find_role(iam, name)
    if role is None:
        return f"the role {name} is gone already"
    if not marks.has(marks.as_map(role.get("Tags", [])), context.tags):
        return f"the role {name} has lost this plan's tags: it was made anew or its tags were changed"
    if role["AssumeRolePolicyDocument"] != json.loads(result["trust_policy"]):
        return f"somebody has changed who may assume the role {name}"
    wanted = {inline_policy_name(name): result["permissions"]} if result["permissions"] else {}
    there = every(iam, "list_role_policies", "PolicyNames", name)
    if sorted(there) != sorted(wanted) or any(
        inline_policy(iam, name, key) != json.loads(wanted[key]) for key in there
    ):
        return f"somebody has changed the inline policies of the role {name}"
    return None


@operation(
    effect=Effect.PERMISSIONS,
    title="Create the IAM role {name}",
    iam={
        "iam:CreateRole": (NEW_ROLE,),
        "iam:TagRole": (NEW_ROLE,),
        "iam:GetRole": (NEW_ROLE,),
        "iam:ListRolePolicies": (NEW_ROLE,),
        "iam:GetRolePolicy": (NEW_ROLE,),
        "iam:PutRolePolicy": ("arn:{partition}:iam::{account}:role/{role_with_permissions}",),
    },
    expects={"role_name": "{name}", "arn": NEW_ROLE, "trust_policy": "{trust}", "permissions": "{inline}"},
    facts=_documents,
    check=_check_create,
    policies=_policies,
    requests=_create_requests,
    moved_on=_role_moved_on,
    reversible="yes",
    undo=Undo("delete_iam_role", {"name": "role_name"}, note="only while nobody else has changed it"),
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

    def made() -> Seen:
        role = find_role(iam, name)
        if role is None:
            return NotYet()
        if marks.has(marks.as_map(role.get("Tags", [])), context.tags):
            return Happened(role_facts(role))
        # Somebody else's, and a name is given once: ours will be refused.
        return NotYet()

    role_request, *inline_requests = _create_requests(name, policy_document, permissions, description, context.tags)
    role = context.calls.once(role_request, made, keep=lambda answer: role_facts(answer["Role"]))
    for request in inline_requests:
        try:
            context.calls.once(request, inline_look(iam, request))
        except AssistantError:
            # A failed step leaves nothing behind.
            context.calls.once(Request("iam", "DeleteRole", {"RoleName": name}), role_gone(iam, name), name="clean up")
            raise
    arn = NEW_ROLE.format(partition=Place.of(context.aws.info).partition, account=context.aws.info.account, name=name)
    return CreatedRole(
        **(role or {"role_name": name, "arn": arn, "role_id": ""}),
        trust_policy=role_request.parameters["AssumeRolePolicyDocument"],
        permissions=inline_requests[0].parameters["PolicyDocument"] if inline_requests else None,
    )


def _deleted_moved_on(context: StepContext, result: Mapping[str, Any]) -> str | None:
    there = find_role(context.aws.client("iam"), str(result["role_name"]))
    return f"there is a role {result['role_name']} again" if there else None


@operation(
    effect=Effect.PERMISSIONS,
    title="Delete the IAM role {name} with its inline policies",
    iam={
        "iam:DeleteRole": NAMED_ROLE,
        "iam:DeleteRolePolicy": NAMED_ROLE,
        "iam:GetRole": NAMED_ROLE,
        "iam:GetRolePolicy": NAMED_ROLE,
        "iam:ListAttachedRolePolicies": NAMED_ROLE,
        "iam:ListInstanceProfilesForRole": NAMED_ROLE,
        "iam:ListRolePolicies": NAMED_ROLE,
    },
    expects={"role_name": "{name}"},
    check=check_role_name,
    requests=lambda name: [Request("iam", "DeleteRole", {"RoleName": name})],
    moved_on=_deleted_moved_on,
    reversible="partly",
    undo=Undo(
        "create_iam_role",
        {
            "name": "role_name",
            "policy_document": "trust_policy",
            "permissions": "permissions",
            "description": "description",
        },
        note="a role like it, with another id; its inline policies become one, tags, path and boundary are lost",
    ),
)
def delete_iam_role(context: OperationContext, name: str) -> DeletedRole:
    """Delete an IAM role and its inline policies. Attached managed policies must be detached first.

    Args:
        name: Name of the role.
    """
    iam = context.aws.client("iam")
    prior = context.calls.remember("prior", lambda: _deletable(iam, name))
    deleted: list[Request] = []
    try:
        for policy, document in prior["inline"].items():
            named = {"RoleName": name, "PolicyName": policy}
            context.calls.once(
                Request("iam", "DeleteRolePolicy", named), inline_gone(iam, named), name=f"delete {policy}"
            )
            deleted.append(Request("iam", "PutRolePolicy", {**named, "PolicyDocument": compact(document)}))
        context.calls.once(Request("iam", "DeleteRole", {"RoleName": name}), role_gone(iam, name, prior["role_id"]))
    except AssistantError:
        # A failed step leaves everything as it was.
        for request in deleted:
            context.calls.once(request, inline_look(iam, request), name=f"restore {request.parameters['PolicyName']}")
        raise
    return DeletedRole(
        role_name=name,
        description=prior["description"],
        trust_policy=compact(prior["trust"]),
        permissions=_merged(list(prior["inline"].values())),
    )


def _deletable(iam: Any, name: str) -> dict[str, Any]:
    """What the role is now. Raises Conflict for what IAM would refuse after its policies were gone."""
    role = iam.get_role(RoleName=name)["Role"]
    attached = [policy["PolicyArn"] for policy in every(iam, "list_attached_role_policies", "AttachedPolicies", name)]
    if attached:
        raise Conflict(
            f"the role {name} has attached policies, detach them first (detach_policy_from_role): "
            + ", ".join(attached),
            code="role_has_attached_policies",
        )
    profiles = every(iam, "list_instance_profiles_for_role", "InstanceProfiles", name)
    if profiles:
        names = ", ".join(profile["InstanceProfileName"] for profile in profiles)
        raise Conflict(f"the role {name} is in instance profiles: {names}", code="role_in_instance_profile")
    return {
        "role_id": role["RoleId"],
        "trust": role["AssumeRolePolicyDocument"],
        "description": role.get("Description", ""),
        "inline": {
            policy: inline_policy(iam, name, policy) for policy in every(iam, "list_role_policies", "PolicyNames", name)
        },
    }


def _merged(documents: list[Any]) -> str | None:
    """Inline policies as one, with every statement of each."""
    if len(documents) < 2:
        return compact(documents[0]) if documents else None
    together = [statement for document in documents for statement in statements(document)]
    # A Sid is unique within a document only.
    plain = [{key: value for key, value in statement.items() if key != "Sid"} for statement in together]
    return compact({"Version": "2012-10-17", "Statement": plain})
