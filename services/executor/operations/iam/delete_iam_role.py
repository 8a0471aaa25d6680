"""Delete an IAM role with its inline policies, remembering enough to make one like it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from pydantic import JsonValue

from services.executor.calls.request import Request
from services.executor.operations.iam.documents import compact
from services.executor.operations.iam.reserved import check_role_is_ours
from services.executor.operations.iam.role_state import (
    COST,
    NAMED_ROLE,
    attached_policies,
    check_role_name,
    check_same_role,
    count_roles,
    every,
    find_role,
    inline_documents,
    inline_policies,
    inline_policy,
    instance_profiles,
    probe_inline_policy,
    probe_inline_policy_gone,
    probe_role_gone,
    role_in_any_case,
    role_trust,
)
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext, StepContext
from services.executor.registry.declaration import operation
from services.executor.registry.drift import Drift, back, gone
from services.executor.registry.facts import Question
from services.executor.registry.operation import Undo
from services.executor.registry.taken_away import check_as_shown, taken_away
from shared.errors import AssistantError, AwsError, Conflict
from shared.iam.policy_json import statements
from shared.messages import Effect, Message


class DeletedRole(Message):
    """The documents, JSON, are what the role had: enough to make one like it."""

    role_name: str
    description: str
    trust_policy: str
    permissions: str | None
    deleted: Literal[True] = True


def _check(name: str) -> None:
    check_role_name(name)
    check_role_is_ours(name, "to delete it")


def _facts(name: str) -> list[Question]:
    facts = (role_trust, attached_policies, instance_profiles, inline_policies)
    return [one.about(name) for one in facts]


def _rule(state: AccountState, name: str) -> None:
    state.must_exist(f"role {name}", role_trust, name)
    if attached := state.get(attached_policies, name):
        raise Conflict(
            f"the role {name} has attached policies; detach them first (detach_policy_from_role): "
            + ", ".join(sorted(attached)),
            code="role_has_attached_policies",
        )
    if profiles := state.get(instance_profiles, name):
        raise Conflict(
            f"the role {name} is in instance profiles: {', '.join(sorted(profiles))}", code="role_in_instance_profile"
        )
    if not state.disturbed and state.knows(inline_policies, name):
        state.show(taken_away(_shown(state.get(role_trust, name), state.get(inline_policies, name))))
    state.put(role_trust, name, value=None)
    state.put(role_in_any_case, name.lower(), value=None)
    count_roles(state, -1)


def _shown(trust: dict[str, Any] | None, inline: dict[str, Any] | None) -> dict[str, JsonValue]:
    return {"AssumeRolePolicyDocument": trust, "Policies": inline}


def _drift(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    name = str(result["role_name"])
    there = find_role(context.aws.client("iam"), name) is not None
    if context.undone:
        return None if there else gone(f"the role {name}")
    return back(f"a role {name}") if there else None


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
    check=_check,
    requests=lambda name: [Request("iam", "DeleteRole", {"RoleName": name})],
    conflicts=Conflicts(facts=_facts, rule=_rule),
    cost=COST,
    deletes=True,
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
    drift=_drift,
    compares="whether there is one of its name",
)
def delete_iam_role(context: OperationContext, name: str) -> DeletedRole:
    """Delete an IAM role; its inline policies go with it. Attached managed policies must be detached first.

    Args:
        name: Name of the role.
    """
    iam = context.aws.client("iam")
    prior = context.calls.remember(
        "prior", lambda: context.calls.patiently(lambda: _deletable(context, iam, name), about=name)
    )
    role_id = prior["role_id"]
    deleted: list[Request] = []
    try:
        for policy, document in prior["inline"].items():
            named = {"RoleName": name, "PolicyName": policy}
            context.calls.once(
                Request("iam", "DeleteRolePolicy", named),
                probe_inline_policy_gone(iam, named, role_id, document),
                before=partial(_check_same_policy, iam, named, role_id, document),
                name=f"delete {policy}",
            )
            deleted.append(Request("iam", "PutRolePolicy", {**named, "PolicyDocument": compact(document)}))
        context.calls.once(
            Request("iam", "DeleteRole", {"RoleName": name}),
            probe_role_gone(iam, name, role_id),
            before=lambda: check_same_role(iam, name, role_id),
        )
    except AssistantError as error:
        _put_back(context, iam, deleted, role_id, error)
        raise
    return DeletedRole(
        role_name=name,
        description=prior["description"],
        trust_policy=compact(prior["trust"]),
        permissions=_merged(list(prior["inline"].values())),
    )


def _check_same_policy(iam: Any, named: Mapping[str, str], role_id: str, document: Mapping[str, Any]) -> None:
    """Raise Conflict (`world_moved_on`) where the role or its policy is not the one whose document was kept."""
    check_same_role(iam, named["RoleName"], role_id)
    if inline_policy(iam, named["RoleName"], named["PolicyName"]) not in (None, document):
        raise Conflict(
            f"the policy {named['PolicyName']} of the role {named['RoleName']} was changed since this step began;"
            " propose the plan again",
            code="world_moved_on",
        )


def _put_back(context: OperationContext, iam: Any, deleted: list[Request], role_id: str, error: AssistantError) -> None:
    """Leave everything as it was, after a failure; raises one that names the policies where AWS does not let it."""
    for request in deleted:
        name = request.parameters["PolicyName"]
        try:
            context.calls.once(
                request,
                probe_inline_policy(iam, request, role_id),
                before=partial(check_same_role, iam, request.parameters["RoleName"], role_id),
                name=f"restore {name}",
            )
        except AssistantError as trouble:
            names = ", ".join(one.parameters["PolicyName"] for one in deleted)
            detail = (
                f"{error.detail}; its inline policies ({names}) were deleted before, and not put back: {trouble.detail}"
            )
            raise AwsError(detail, code=error.code) from error


def _deletable(context: OperationContext, iam: Any, name: str) -> dict[str, Any]:
    """What the role is now. Raises Conflict for what IAM would refuse after its policies were gone."""
    role = iam.get_role(RoleName=name)["Role"]
    # What was detached moments ago may still be shown.
    attached = context.calls.patiently(
        lambda: [each["PolicyArn"] for each in every(iam, "list_attached_role_policies", "AttachedPolicies", name)],
        about=name,
        shows=lambda found: not found,
    )
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
    trust, inline = role["AssumeRolePolicyDocument"], inline_documents(iam, name)
    check_as_shown(f"the role {name}", context.shown, _shown(trust, inline))
    return {"role_id": role["RoleId"], "trust": trust, "description": role.get("Description", ""), "inline": inline}


def _merged(documents: list[Any]) -> str | None:
    """Inline policies as one, with every statement of each."""
    if len(documents) < 2:
        return compact(documents[0]) if documents else None
    together = [statement for document in documents for statement in statements(document)]
    # A Sid is unique within a document only.
    plain = [{key: value for key, value in statement.items() if key != "Sid"} for statement in together]
    return compact({"Version": "2012-10-17", "Statement": plain})
