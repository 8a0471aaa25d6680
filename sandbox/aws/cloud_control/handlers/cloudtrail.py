"""CloudTrail: trails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same
from sandbox.aws.cloud_control.tags import TagChange, shown, tags_given

# Property -> how CloudTrail calls it where it is written.
_WRITTEN = {
    "S3BucketName": "S3BucketName",
    "S3KeyPrefix": "S3KeyPrefix",
    "SnsTopicName": "SnsTopicName",
    "IncludeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail": "IsMultiRegionTrail",
    "EnableLogFileValidation": "EnableLogFileValidation",
    "CloudWatchLogsLogGroupArn": "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
    "KMSKeyId": "KmsKeyId",
    "IsOrganizationTrail": "IsOrganizationTrail",
}
_READ = (
    "S3BucketName", "S3KeyPrefix", "SnsTopicName", "IncludeGlobalServiceEvents", "IsMultiRegionTrail",
    "IsOrganizationTrail", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn",
)  # fmt: skip


class Trail(Handler):
    type_name = "AWS::CloudTrail::Trail"

    def create(self, aws: Loopback, desired: Model) -> str:
        trail, name = aws("cloudtrail"), desired.get("TrailName") or generated(self.type_name)
        trail.create_trail(Name=name, **self._given(desired), **tags_given(desired, "TagsList"))
        self._set_rest(trail, name, {"IsLogging": False}, desired)
        return str(name)

    def _given(self, model: Model) -> Model:
        return {there: model[here] for here, there in _WRITTEN.items() if here in model}

    def _set_rest(self, trail: Any, name: str, before: Model, after: Model) -> None:
        if changed(before, after, "IsLogging"):
            (trail.start_logging if after["IsLogging"] else trail.stop_logging)(Name=name)
        if changed(before, after, "EventSelectors") and "EventSelectors" in after:
            trail.put_event_selectors(TrailName=name, EventSelectors=after["EventSelectors"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        trail = aws("cloudtrail")
        found = trail.get_trail(Name=identifier)["Trail"]
        model = {
            "TrailName": found["Name"],
            "Arn": found["TrailARN"],
            "IsLogging": trail.get_trail_status(Name=identifier)["IsLogging"],
            "EnableLogFileValidation": bool(found.get("LogFileValidationEnabled")),
            **same(found, *_READ),
        }
        model |= {"KMSKeyId": found["KmsKeyId"]} if found.get("KmsKeyId") else {}
        listed = trail.list_tags(ResourceIdList=[found["TrailARN"]])["ResourceTagList"]
        return shown(model, listed[0].get("TagsList") if listed else None)

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        trail = aws("cloudtrail")
        if changed(before, after, *_WRITTEN):
            trail.update_trail(Name=identifier, **self._given(after))
        self._set_rest(trail, identifier, before, after)
        change = TagChange.of(before, after)
        if change.set:
            trail.add_tags(ResourceId=before["Arn"], TagsList=change.pairs())
        if change.removed:
            gone = [{"Key": key} for key in change.removed]
            trail.remove_tags(ResourceId=before["Arn"], TagsList=gone)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("cloudtrail").delete_trail(Name=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("cloudtrail").get_paginator("list_trails").paginate():
            yield from (one["Name"] for one in page["Trails"] if one["HomeRegion"] == aws.region)
