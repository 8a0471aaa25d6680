"""How a role differs from what the step that made it left: its tags, trust, boundary and policies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from services.executor.operations import tags as marks
from services.executor.operations.iam.role_state import every, find_role, inline_policy, inline_policy_name
from services.executor.registry.contexts import StepContext
from services.executor.registry.drift import Drift, Moved, back, gone, together
from shared.resource_types.paths import pointer


def role_drift(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    """Where the role is another than the step left it; None where it is as it was left."""
    iam, name = context.aws.client("iam"), str(result["role_name"])
    role = find_role(iam, name)
    if context.undone:
        return back(f"a role {name}") if role is not None else None
    if role is None:
        return gone(f"the role {name}")
    return together(_differences(context, iam, role, result))


def _differences(context: StepContext, iam: Any, role: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[Drift]:
    name = str(result["role_name"])
    tags = marks.drift(context, f"the role {name}", str(result["arn"]), marks.as_map(role.get("Tags", [])))
    if tags is not None:
        yield tags
    role_id = result.get("role_id")
    if role_id and role["RoleId"] != role_id:
        moved = Moved("/RoleId", role_id, role["RoleId"])
        yield Drift(f"the role {name} was deleted and made anew by somebody", (moved,))
    if "PermissionsBoundary" in role:
        moved = Moved("/PermissionsBoundary", None, role["PermissionsBoundary"].get("PermissionsBoundaryArn"))
        yield Drift(f"somebody has given the role {name} a permissions boundary", (moved,))
    trust = json.loads(result["trust_policy"])
    if role["AssumeRolePolicyDocument"] != trust:
        moved = Moved("/AssumeRolePolicyDocument", trust, role["AssumeRolePolicyDocument"])
        yield Drift(f"somebody has changed who may assume the role {name}", (moved,))
    if inline := tuple(_moved_inline(iam, name, result["permissions"])):
        yield Drift(f"somebody has changed the inline policies of the role {name}", inline)
    attached = {one["PolicyArn"] for one in every(iam, "list_attached_role_policies", "AttachedPolicies", name)}
    if foreign := sorted(attached - _attached_by_plan(context, name)):
        moved_to = tuple(
            Moved(pointer(("AttachedManagedPolicies", arn)), "not attached", "attached") for arn in foreign
        )
        yield Drift(f"somebody has attached to the role {name}: {', '.join(foreign)}", moved_to)


def _moved_inline(iam: Any, name: str, permissions: str | None) -> Iterator[Moved]:
    left = {inline_policy_name(name): json.loads(permissions)} if permissions else {}
    now = {policy: inline_policy(iam, name, policy) for policy in every(iam, "list_role_policies", "PolicyNames", name)}
    for policy in sorted(left.keys() | now.keys()):
        if left.get(policy) != now.get(policy):
            yield Moved(pointer(("Policies", policy)), left.get(policy), now.get(policy))


def _attached_by_plan(context: StepContext, role_name: str) -> set[str]:
    """The policies that steps of the same plan attached to a role of it."""
    results = [step.result for step in context.steps if step.operation == "assign_policy_to_role"]
    found = [result for result in results if isinstance(result, dict) and result.get("role_name") == role_name]
    return {str(result["policy_arn"]) for result in found}
