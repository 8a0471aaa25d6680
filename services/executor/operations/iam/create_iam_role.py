"""Create an IAM role, with an inline policy where permissions are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from services.executor.calls.observation import Happened, NotYet, Observation
from services.executor.calls.request import Request
from services.executor.operations import tags as marks
from services.executor.operations.iam.documents import (
    Document,
    Source,
    check_size,
    compact,
    permissions_policy,
    trust_policy,
)
from services.executor.operations.iam.reserved import check_new_name
from services.executor.operations.iam.role_drift import role_drift
from services.executor.operations.iam.role_state import (
    COST,
    NEW_ROLE,
    attached_policies,
    check_description,
    check_role_name,
    check_same_role,
    count_roles,
    find_role,
    inline_policy_name,
    instance_profiles,
    probe_inline_policy,
    probe_role_gone,
    role_identity,
    role_in_any_case,
    role_quotas,
    role_trust,
)
from services.executor.operations.iam.trusted_roles import check_trusted_roles, trusted_roles
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext
from services.executor.registry.declaration import operation
from services.executor.registry.facts import Question
from services.executor.registry.location import Location
from services.executor.registry.operation import Undo
from shared.aws.clients import translate
from shared.errors import AssistantError, AwsError, Conflict, InvalidArguments
from shared.messages import Effect, Message

log = structlog.get_logger(__name__)


class CreatedRole(Message):
    """The documents, JSON, are what it was made with: a role that differs has been changed since."""

    role_name: str
    arn: str
    role_id: str
    trust_policy: str
    permissions: str | None = None


def _check(name: str, policy_document: Source, permissions: Source | None, description: str) -> None:
    check_role_name(name)
    check_new_name(name)
    trust_policy(policy_document, "policy_document")
    if permissions is not None:
        permissions_policy(permissions, "permissions")
    check_description(description)


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


def _requests(
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


def _facts(name: str, policy_document: Source, location: Location) -> list[Question]:
    trusted = [role_trust.about(one) for one in trusted_roles(policy_document, location)]
    return [role_trust.about(name), *trusted, role_in_any_case.about(name.lower()), role_quotas.about()]


def _rule(state: AccountState, name: str, policy_document: Source, permissions: Source | None) -> None:
    state.must_be_free(f"the role {name}", role_trust, name)
    if alike := state.get(role_in_any_case, name.lower()):
        raise Conflict(
            f"the role {alike} exists already{state.because(role_in_any_case, name.lower())}; IAM does not tell"
            f" {name} from it, as they differ in upper and lower case alone: choose another name",
            code="name_taken",
        )
    check_trusted_roles(state, policy_document)
    state.put(role_in_any_case, name.lower(), value=name)
    state.put(role_trust, name, value=trust_policy(policy_document, "policy_document"))
    state.put(attached_policies, name, value=frozenset())
    state.put(instance_profiles, name, value=frozenset())
    quotas = count_roles(state, 1)
    if quotas:
        check_size(trust_policy(policy_document, "policy_document"), "policy_document", quotas.trust_size)
        if permissions is not None:
            check_size(permissions_policy(permissions, "permissions"), "permissions", quotas.inline_size)
    if quotas and quotas.roles + quotas.planned > quotas.most_roles:
        raise Conflict(
            f"the account has {quotas.roles} of {quotas.most_roles} roles; delete some, or have the quota raised",
            code="quota_reached",
        )


@operation(
    effect=Effect.PERMISSIONS,
    title="Create the IAM role {name}",
    iam={
        "iam:CreateRole": (NEW_ROLE,),
        "iam:TagRole": (NEW_ROLE,),
        "iam:GetRole": (NEW_ROLE,),
        "iam:ListAttachedRolePolicies": (NEW_ROLE,),
        "iam:ListRolePolicies": (NEW_ROLE,),
        "iam:GetRolePolicy": (NEW_ROLE,),
        "iam:PutRolePolicy": ("arn:{partition}:iam::{account}:role/{role_with_permissions}",),
    },
    expects={"role_name": "{name}", "arn": NEW_ROLE, "trust_policy": "{trust}", "permissions": "{inline}"},
    documents={"policy_document": "trust", "permissions": "identity"},
    derived=_documents,
    check=_check,
    policies=_policies,
    requests=_requests,
    conflicts=Conflicts(facts=_facts, rule=_rule),
    cost=COST,
    deletes=False,
    reversible="yes",
    undo=Undo("delete_iam_role", {"name": "role_name"}, note="only while nobody else has changed it"),
    drift=role_drift,
    compares="whether it is that role, its tags, trust policy, boundary, inline and attached policies",
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

    def made() -> Observation:
        role = find_role(iam, name)
        if role is None:
            return NotYet()
        if marks.has(marks.as_map(role.get("Tags", [])), context.tags):
            return Happened(role_identity(role))
        # Somebody else's, and a name is given once: ours will be refused.
        return NotYet()

    role_request, *inline_requests = _requests(name, policy_document, permissions, description, context.tags)
    role = context.calls.once(role_request, made, keep=lambda answer: role_identity(answer["Role"]))
    role_id = str(role["role_id"]) if role else _id_of_own(context, iam, name)
    for request in inline_requests:
        try:
            context.calls.once(
                request,
                probe_inline_policy(iam, request, role_id),
                before=lambda: check_same_role(iam, name, role_id) if role_id else None,
            )
        except AssistantError as error:
            _clean_up(context, iam, name, role_id, error)
            raise
    arn = NEW_ROLE.format(
        partition=Location.of(context.aws.info).partition, account=context.aws.info.account, name=name
    )
    return CreatedRole(
        **(role or {"role_name": name, "arn": arn, "role_id": role_id}),
        trust_policy=role_request.parameters["AssumeRolePolicyDocument"],
        permissions=inline_requests[0].parameters["PolicyDocument"] if inline_requests else None,
    )


def _id_of_own(context: OperationContext, iam: Any, name: str) -> str:
    """The id of the role that a person says this step made, by its tags; "" where AWS does not tell."""

    def own() -> dict[str, str]:
        role = find_role(iam, name)
        ours = role and marks.has(marks.as_map(role.get("Tags", [])), context.tags)
        return {"role_id": role["RoleId"] if role and ours else ""}

    try:
        return str(context.calls.remember("made", own)["role_id"])
    except (ClientError, BotoCoreError) as error:
        log.warning("role_id_unknown", role_name=name, error=translate(error).code)
        return ""


def _clean_up(context: OperationContext, iam: Any, name: str, role_id: str, error: AssistantError) -> None:
    """Leave nothing behind, after a failure; raises one that names the role where AWS does not let it."""
    delete = Request("iam", "DeleteRole", {"RoleName": name})
    try:
        context.calls.once(
            delete,
            probe_role_gone(iam, name, role_id),
            before=lambda: check_same_role(iam, name, role_id),
            name="clean up",
        )
    except AssistantError as trouble:
        detail = f"{error.detail}; the role {name} was made before, and not deleted again: {trouble.detail}"
        raise AwsError(detail, code=error.code) from error
