"""Systems Manager: parameters."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import generated, same
from sandbox.aws.cloud_control.tags import TagChange, as_map, shown, tags_given

_WRITTEN = ("Value", "Type", "Description", "AllowedPattern", "DataType", "Tier", "Policies")


class Parameter(Handler):
    type_name = "AWS::SSM::Parameter"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = desired.get("Name") or generated(self.type_name)
        aws("ssm").put_parameter(Name=name, **same(desired, *_WRITTEN), **tags_given(desired))
        return str(name)

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = aws("ssm").get_parameters(Names=[identifier])["Parameters"]
        if not found:
            raise self.none(identifier)
        model = same(found[0], "Name", "Type", "Value", "DataType")
        tags = aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=identifier)["TagList"]
        return shown(model | {"Arn": found[0]["ARN"]}, tags, shape=as_map)

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        # The description is write-only: a patch that does not add it takes it away.
        given = {"Description": "", **same(after, *_WRITTEN)}
        aws("ssm").put_parameter(Name=identifier, Overwrite=True, **given)
        change = TagChange.of(before, after)
        target = {"ResourceType": "Parameter", "ResourceId": identifier}
        if change.set:
            aws("ssm").add_tags_to_resource(**target, Tags=change.pairs())
        if change.removed:
            aws("ssm").remove_tags_from_resource(**target, TagKeys=change.removed)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("ssm").delete_parameter(Name=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("ssm").get_paginator("describe_parameters").paginate():
            yield from (one["Name"] for one in page["Parameters"])
