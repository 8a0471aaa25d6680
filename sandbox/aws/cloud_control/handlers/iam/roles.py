"""Roles and instance profiles."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.handlers.iam.inline import policies_of, set_boundary_and_tags, set_policies
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same, text
from sandbox.aws.cloud_control.tags import TagChange, shown, tags_given

_CREATED = ("Path", "Description", "MaxSessionDuration", "PermissionsBoundary")


class Role(Handler):
    type_name = "AWS::IAM::Role"

    def create(self, aws: Loopback, desired: Model) -> str:
        iam, name = aws("iam"), desired.get("RoleName") or generated(self.type_name)
        trust = text(desired["AssumeRolePolicyDocument"])
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, **same(desired, *_CREATED), **tags_given(desired)
        )
        set_policies(iam, "Role", name, {}, desired)
        return str(name)

    def read(self, aws: Loopback, identifier: str) -> Model:
        iam = aws("iam")
        role = iam.get_role(RoleName=identifier)["Role"]
        model = {
            **same(role, "RoleName", "RoleId", "Arn", "Path", "Description", "MaxSessionDuration"),
            "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
            **policies_of(iam, "Role", identifier),
        }
        if boundary := role.get("PermissionsBoundary"):
            model["PermissionsBoundary"] = boundary["PermissionsBoundaryArn"]
        return shown(model, role.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        iam = aws("iam")
        if changed(before, after, "Description", "MaxSessionDuration"):
            iam.update_role(
                RoleName=identifier,
                Description=after.get("Description", ""),
                MaxSessionDuration=after.get("MaxSessionDuration", 3600),
            )
        if changed(before, after, "AssumeRolePolicyDocument"):
            document = text(after["AssumeRolePolicyDocument"])
            iam.update_assume_role_policy(RoleName=identifier, PolicyDocument=document)
        set_policies(iam, "Role", identifier, before, after)
        set_boundary_and_tags(iam, "Role", identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        iam = aws("iam")
        iam.get_role(RoleName=identifier)
        for one in iam.list_attached_role_policies(RoleName=identifier)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=identifier, PolicyArn=one["PolicyArn"])
        for name in iam.list_role_policies(RoleName=identifier)["PolicyNames"]:
            iam.delete_role_policy(RoleName=identifier, PolicyName=name)
        iam.delete_role(RoleName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("iam").get_paginator("list_roles").paginate():
            yield from (one["RoleName"] for one in page["Roles"])


class InstanceProfile(Handler):
    type_name = "AWS::IAM::InstanceProfile"

    def create(self, aws: Loopback, desired: Model) -> str:
        iam, name = aws("iam"), desired.get("InstanceProfileName") or generated(self.type_name)
        iam.create_instance_profile(InstanceProfileName=name, **same(desired, "Path"))
        for role in desired["Roles"]:
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        return str(name)

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = aws("iam").get_instance_profile(InstanceProfileName=identifier)["InstanceProfile"]
        model = same(found, "InstanceProfileName", "Arn", "Path")
        return shown({**model, "Roles": [one["RoleName"] for one in found["Roles"]]}, found.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        iam, target = aws("iam"), {"InstanceProfileName": identifier}
        for role in set(before["Roles"]) - set(after["Roles"]):
            iam.remove_role_from_instance_profile(**target, RoleName=role)
        for role in set(after["Roles"]) - set(before["Roles"]):
            iam.add_role_to_instance_profile(**target, RoleName=role)
        change = TagChange.of(before, after)
        if change.set:
            iam.tag_instance_profile(**target, Tags=change.pairs())
        if change.removed:
            iam.untag_instance_profile(**target, TagKeys=change.removed)

    def delete(self, aws: Loopback, identifier: str) -> None:
        for role in self.read(aws, identifier)["Roles"]:
            aws("iam").remove_role_from_instance_profile(InstanceProfileName=identifier, RoleName=role)
        aws("iam").delete_instance_profile(InstanceProfileName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("iam").get_paginator("list_instance_profiles").paginate():
            yield from (one["InstanceProfileName"] for one in page["InstanceProfiles"])
