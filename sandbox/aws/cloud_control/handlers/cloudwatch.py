"""CloudWatch: alarms."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.failures import HandlerFailure
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same
from sandbox.aws.cloud_control.tags import change_tags, shown, tags_given

_WRITTEN = (
    "ActionsEnabled", "AlarmActions", "AlarmDescription", "ComparisonOperator", "DatapointsToAlarm", "Dimensions",
    "EvaluateLowSampleCountPercentile", "EvaluationPeriods", "ExtendedStatistic", "InsufficientDataActions",
    "MetricName", "Metrics", "Namespace", "OKActions", "Period", "Statistic", "Threshold", "ThresholdMetricId",
    "TreatMissingData", "Unit",
)  # fmt: skip


class Alarm(Handler):
    type_name = "AWS::CloudWatch::Alarm"

    def _found(self, aws: Loopback, name: str) -> Model | None:
        alarms = aws("cloudwatch").describe_alarms(AlarmNames=[name]).get("MetricAlarms", [])
        return next((one for one in alarms if one["AlarmName"] == name), None)

    def create(self, aws: Loopback, desired: Model) -> str:
        name = desired.get("AlarmName") or generated(self.type_name)
        if "AlarmName" in desired and self._found(aws, name) is not None:
            raise HandlerFailure("AlreadyExists", f"{name} already exists")
        aws("cloudwatch").put_metric_alarm(AlarmName=name, **same(desired, *_WRITTEN), **tags_given(desired))
        return str(name)

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = self._found(aws, identifier)
        if found is None:
            raise self.none(identifier)
        model = {"AlarmName": identifier, "Arn": found["AlarmArn"], **same(found, *_WRITTEN)}
        tags = aws("cloudwatch").list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]
        return shown(model, tags)

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        if changed(before, after, *_WRITTEN):
            aws("cloudwatch").put_metric_alarm(AlarmName=identifier, **same(after, *_WRITTEN))
        change_tags(aws("cloudwatch"), before, after, ResourceARN=before["Arn"])

    def delete(self, aws: Loopback, identifier: str) -> None:
        if self._found(aws, identifier) is None:
            raise self.none(identifier)
        aws("cloudwatch").delete_alarms(AlarmNames=[identifier])

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("cloudwatch").get_paginator("describe_alarms").paginate():
            yield from (one["AlarmName"] for one in page.get("MetricAlarms", ()))
