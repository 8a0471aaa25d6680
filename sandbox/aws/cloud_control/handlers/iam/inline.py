"""What roles, users and groups have in common: inline and attached policies; of the first two a boundary and tags."""

from __future__ import annotations

from typing import Any

from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, text
from sandbox.aws.cloud_control.tags import TagChange

_PAGED = {"MaxItems": 1000}


def policies_of(iam: Any, kind: str, name: str) -> Model:
    """`Policies` and `ManagedPolicyArns` of a role, user or group; what it has none of is not there."""
    who, model = {f"{kind}Name": name}, {}
    attached = getattr(iam, f"list_attached_{kind.lower()}_policies")(**who, **_PAGED)["AttachedPolicies"]
    if attached:
        model["ManagedPolicyArns"] = sorted(one["PolicyArn"] for one in attached)
    names = getattr(iam, f"list_{kind.lower()}_policies")(**who, **_PAGED)["PolicyNames"]
    if names:
        read = getattr(iam, f"get_{kind.lower()}_policy")
        model["Policies"] = [
            {"PolicyName": one, "PolicyDocument": read(**who, PolicyName=one)["PolicyDocument"]}
            for one in sorted(names)
        ]
    return model


def set_policies(iam: Any, kind: str, name: str, before: Model, after: Model) -> None:
    """Put, attach, detach and delete until the policies of a role, user or group are as they shall be."""
    who, lower = {f"{kind}Name": name}, kind.lower()
    old, new = set(before.get("ManagedPolicyArns", ())), set(after.get("ManagedPolicyArns", ()))
    for arn in sorted(new - old):
        getattr(iam, f"attach_{lower}_policy")(**who, PolicyArn=arn)
    for arn in sorted(old - new):
        getattr(iam, f"detach_{lower}_policy")(**who, PolicyArn=arn)
    was = {one["PolicyName"]: one["PolicyDocument"] for one in before.get("Policies", ())}
    wanted = {one["PolicyName"]: one["PolicyDocument"] for one in after.get("Policies", ())}
    for policy, document in wanted.items():
        if was.get(policy) != document:
            getattr(iam, f"put_{lower}_policy")(**who, PolicyName=policy, PolicyDocument=text(document))
    for policy in sorted(was.keys() - wanted.keys()):
        getattr(iam, f"delete_{lower}_policy")(**who, PolicyName=policy)


def set_boundary_and_tags(iam: Any, kind: str, name: str, before: Model, after: Model) -> None:
    """Set or take away the permissions boundary and tags that differ."""
    who, lower = {f"{kind}Name": name}, kind.lower()
    if changed(before, after, "PermissionsBoundary"):
        if arn := after.get("PermissionsBoundary"):
            getattr(iam, f"put_{lower}_permissions_boundary")(**who, PermissionsBoundary=arn)
        else:
            getattr(iam, f"delete_{lower}_permissions_boundary")(**who)
    change = TagChange.of(before, after)
    if change.set:
        getattr(iam, f"tag_{lower}")(**who, Tags=change.pairs())
    if change.removed:
        getattr(iam, f"untag_{lower}")(**who, TagKeys=change.removed)
