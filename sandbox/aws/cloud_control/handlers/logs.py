"""CloudWatch Logs: log groups and metric filters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.failures import HandlerFailure
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import generated, lower_first, some, upper_first
from sandbox.aws.cloud_control.tags import as_map, change_tags, shown


class LogGroup(Handler):
    type_name = "AWS::Logs::LogGroup"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = desired.get("LogGroupName") or generated(self.type_name)
        tags, kind = as_map(desired.get("Tags")) or None, desired.get("LogGroupClass")
        given = some([("kmsKeyId", desired.get("KmsKeyId")), ("tags", tags), ("logGroupClass", kind)])
        aws("logs").create_log_group(logGroupName=name, **given)
        if "RetentionInDays" in desired:
            aws("logs").put_retention_policy(logGroupName=name, retentionInDays=desired["RetentionInDays"])
        return str(name)

    def read(self, aws: Loopback, identifier: str) -> Model:
        pages = aws("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=identifier)
        group = next((one for page in pages for one in page["logGroups"] if one["logGroupName"] == identifier), None)
        if group is None:
            raise self.none(identifier)
        arn = group["arn"]
        model = {
            "LogGroupName": identifier,
            "Arn": arn if arn.endswith(":*") else f"{arn}:*",
            "LogGroupClass": group.get("logGroupClass", "STANDARD"),
            **some([("RetentionInDays", group.get("retentionInDays")), ("KmsKeyId", group.get("kmsKeyId"))]),
        }
        return shown(model, aws("logs").list_tags_for_resource(resourceArn=arn.removesuffix(":*"))["tags"])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        logs, arn = aws("logs"), str(before["Arn"]).removesuffix(":*")
        if before.get("RetentionInDays") != (days := after.get("RetentionInDays")):
            if days is None:
                logs.delete_retention_policy(logGroupName=identifier)
            else:
                logs.put_retention_policy(logGroupName=identifier, retentionInDays=days)
        if before.get("KmsKeyId") != (key := after.get("KmsKeyId")):
            if key is None:
                logs.disassociate_kms_key(logGroupName=identifier)
            else:
                logs.associate_kms_key(logGroupName=identifier, kmsKeyId=key)
        change_tags(logs, before, after, shape=as_map, resourceArn=arn)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("logs").delete_log_group(logGroupName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("logs").get_paginator("describe_log_groups").paginate():
            yield from (one["logGroupName"] for one in page["logGroups"])


class MetricFilter(Handler):
    type_name = "AWS::Logs::MetricFilter"

    def create(self, aws: Loopback, desired: Model) -> str:
        group, name = str(desired["LogGroupName"]), desired.get("FilterName") or generated(self.type_name)
        if self._found(aws, group, name) is not None:
            raise HandlerFailure("AlreadyExists", f"Metric filter {name} of {group} already exists")
        self._put(aws, group, name, desired)
        return f"{group}|{name}"

    def _put(self, aws: Loopback, group: str, name: str, model: Model) -> None:
        transformations = [
            {lower_first(key): self._inner(value) for key, value in one.items()}
            for one in model["MetricTransformations"]
        ]
        aws("logs").put_metric_filter(
            logGroupName=group, filterName=name, filterPattern=model["FilterPattern"],
            metricTransformations=transformations,
        )  # fmt: skip

    def _inner(self, value: Any) -> Any:
        return {one["Key"]: one["Value"] for one in value} if isinstance(value, list) else value

    def _found(self, aws: Loopback, group: str, name: str) -> Model | None:
        filters = aws("logs").describe_metric_filters(logGroupName=group, filterNamePrefix=name)["metricFilters"]
        return next((dict(one) for one in filters if one["filterName"] == name), None)

    def read(self, aws: Loopback, identifier: str) -> Model:
        group, _, name = identifier.partition("|")
        found = self._found(aws, group, name)
        if found is None:
            raise self.none(identifier)
        transformations = [
            {upper_first(key): value for key, value in one.items() if value not in (None, {})}
            for one in found["metricTransformations"]
        ]
        return {
            "LogGroupName": group,
            "FilterName": name,
            "FilterPattern": found.get("filterPattern", ""),
            "MetricTransformations": transformations,
        }

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        group, _, name = identifier.partition("|")
        self._put(aws, group, name, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        group, _, name = identifier.partition("|")
        aws("logs").delete_metric_filter(logGroupName=group, filterName=name)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("logs").get_paginator("describe_metric_filters").paginate():
            yield from (f"{one['logGroupName']}|{one['filterName']}" for one in page["metricFilters"])
