"""Users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.failures import if_there
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.handlers.iam.inline import policies_of, set_boundary_and_tags, set_policies
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same
from sandbox.aws.cloud_control.tags import shown, tags_given


class User(Handler):
    type_name = "AWS::IAM::User"

    def create(self, aws: Loopback, desired: Model) -> str:
        iam, name = aws("iam"), desired.get("UserName") or generated(self.type_name)
        iam.create_user(UserName=name, **same(desired, "Path", "PermissionsBoundary"), **tags_given(desired))
        set_policies(iam, "User", name, {}, desired)
        self._set_rest(iam, name, {}, desired)
        return str(name)

    def _set_rest(self, iam: Any, name: str, before: Model, after: Model) -> None:
        for group in set(after.get("Groups", ())) - set(before.get("Groups", ())):
            iam.add_user_to_group(GroupName=group, UserName=name)
        for group in set(before.get("Groups", ())) - set(after.get("Groups", ())):
            iam.remove_user_from_group(GroupName=group, UserName=name)
        login, had = after.get("LoginProfile"), before.get("LoginProfile")
        if login and not had:
            iam.create_login_profile(UserName=name, **login)
        elif had and not login:
            iam.delete_login_profile(UserName=name)
        elif login and login != had:
            iam.update_login_profile(UserName=name, **login)

    def read(self, aws: Loopback, identifier: str) -> Model:
        iam = aws("iam")
        user = iam.get_user(UserName=identifier)["User"]
        model = {**same(user, "UserName", "Arn", "Path"), **policies_of(iam, "User", identifier)}
        groups = iam.list_groups_for_user(UserName=identifier)["Groups"]
        model |= {"Groups": sorted(one["GroupName"] for one in groups)} if groups else {}
        if boundary := user.get("PermissionsBoundary"):
            model["PermissionsBoundary"] = boundary["PermissionsBoundaryArn"]
        if login := if_there(lambda: iam.get_login_profile(UserName=identifier)["LoginProfile"]):
            model["LoginProfile"] = {"PasswordResetRequired": login.get("PasswordResetRequired", False)}
        return shown(model, user.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        iam = aws("iam")
        if changed(before, after, "Path"):
            iam.update_user(UserName=identifier, NewPath=after.get("Path", "/"))
        set_policies(iam, "User", identifier, before, after)
        set_boundary_and_tags(iam, "User", identifier, before, after)
        self._set_rest(iam, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        iam, held = aws("iam"), self.read(aws, identifier)
        set_policies(iam, "User", identifier, held, {})
        self._set_rest(iam, identifier, held, {})
        for key in iam.list_access_keys(UserName=identifier)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=identifier, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("iam").get_paginator("list_users").paginate():
            yield from (one["UserName"] for one in page["Users"])
