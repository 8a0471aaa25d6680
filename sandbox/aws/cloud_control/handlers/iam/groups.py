"""Groups."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.handlers.iam.inline import policies_of, set_policies
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same


class Group(Handler):
    type_name = "AWS::IAM::Group"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = desired.get("GroupName") or generated(self.type_name)
        aws("iam").create_group(GroupName=name, **same(desired, "Path"))
        set_policies(aws("iam"), "Group", name, {}, desired)
        return str(name)

    def read(self, aws: Loopback, identifier: str) -> Model:
        group = aws("iam").get_group(GroupName=identifier)["Group"]
        return {**same(group, "GroupName", "Arn", "Path"), **policies_of(aws("iam"), "Group", identifier)}

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        if changed(before, after, "Path"):
            aws("iam").update_group(GroupName=identifier, NewPath=after.get("Path", "/"))
        set_policies(aws("iam"), "Group", identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("iam").get_group(GroupName=identifier)
        set_policies(aws("iam"), "Group", identifier, policies_of(aws("iam"), "Group", identifier), {})
        aws("iam").delete_group(GroupName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("iam").get_paginator("list_groups").paginate():
            yield from (one["GroupName"] for one in page["Groups"])
