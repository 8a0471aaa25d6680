"""DynamoDB: tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, renamed, same
from sandbox.aws.cloud_control.tags import change_tags, shown, tags_given

_CREATED = (
    "KeySchema", "AttributeDefinitions", "BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes", "TableClass", "DeletionProtectionEnabled",
)  # fmt: skip
_THROUGHPUT = ("ReadCapacityUnits", "WriteCapacityUnits")
_SSE = {"SSEEnabled": "Enabled", "SSEType": "SSEType", "KMSMasterKeyId": "KMSMasterKeyId"}


def _stream(value: Model | None) -> Model:
    return {"StreamEnabled": True, **value} if value else {"StreamEnabled": False}


class Table(Handler):
    type_name = "AWS::DynamoDB::Table"

    def create(self, aws: Loopback, desired: Model) -> str:
        name, dynamodb = desired.get("TableName") or generated(self.type_name), aws("dynamodb")
        given: Model = {"BillingMode": "PROVISIONED", **same(desired, *_CREATED), **tags_given(desired)}
        if "StreamSpecification" in desired:
            given["StreamSpecification"] = _stream(desired["StreamSpecification"])
        if "SSESpecification" in desired:
            given["SSESpecification"] = renamed(desired["SSESpecification"], _SSE)
        dynamodb.create_table(TableName=name, **given)
        self._set_apart(dynamodb, name, {}, desired)
        return str(name)

    def _set_apart(self, dynamodb: Any, name: str, before: Model, after: Model) -> None:
        """What has operations of its own."""
        if changed(before, after, "TimeToLiveSpecification"):
            ttl = after.get("TimeToLiveSpecification") or {**before["TimeToLiveSpecification"], "Enabled": False}
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
        if changed(before, after, "PointInTimeRecoverySpecification"):
            kept = after.get("PointInTimeRecoverySpecification") or {}
            enabled = {"PointInTimeRecoveryEnabled": bool(kept.get("PointInTimeRecoveryEnabled"))}
            dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=enabled)

    def read(self, aws: Loopback, identifier: str) -> Model:
        dynamodb = aws("dynamodb")
        table = dynamodb.describe_table(TableName=identifier)["Table"]
        billing = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
        model: Model = {
            "TableName": identifier,
            "Arn": table["TableArn"],
            "BillingMode": billing,
            "DeletionProtectionEnabled": bool(table.get("DeletionProtectionEnabled")),
            **same(table, "KeySchema", "AttributeDefinitions"),
            **renamed(table, {"LatestStreamArn": "StreamArn"}),
        }
        if billing == "PROVISIONED":
            model["ProvisionedThroughput"] = same(table["ProvisionedThroughput"], *_THROUGHPUT)
        for key in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            if table.get(key):
                model[key] = [_index(one, billing) for one in table[key]]
        if view := table.get("StreamSpecification", {}).get("StreamViewType"):
            model["StreamSpecification"] = {"StreamViewType": view}
        if sse := table.get("SSEDescription"):
            model["SSESpecification"] = {"SSEEnabled": sse["Status"] == "ENABLED", **same(sse, "SSEType")}
        model |= self._apart(dynamodb, identifier)
        return shown(model, dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"])

    def _apart(self, dynamodb: Any, name: str) -> Model:
        ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        model: Model = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery}}
        if ttl.get("TimeToLiveStatus") == "ENABLED":
            model["TimeToLiveSpecification"] = {"AttributeName": ttl["AttributeName"], "Enabled": True}
        return model

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        dynamodb = aws("dynamodb")
        given: Model = {
            key: after[key]
            for key in changed(
                before, after, "BillingMode", "ProvisionedThroughput", "TableClass", "DeletionProtectionEnabled"
            )
            if key in after
        }
        if changed(before, after, "StreamSpecification"):
            given["StreamSpecification"] = _stream(after.get("StreamSpecification"))
        if changed(before, after, "SSESpecification"):
            given["SSESpecification"] = renamed(after.get("SSESpecification", {"SSEEnabled": False}), _SSE)
        if indexes := _index_updates(before, after):
            given |= {"GlobalSecondaryIndexUpdates": indexes, "AttributeDefinitions": after["AttributeDefinitions"]}
        if given:
            dynamodb.update_table(TableName=identifier, **given)
        self._set_apart(dynamodb, identifier, before, after)
        change_tags(dynamodb, before, after, ResourceArn=before["Arn"])

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("dynamodb").delete_table(TableName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("dynamodb").get_paginator("list_tables").paginate():
            yield from page["TableNames"]


def _index(index: Model, billing: str) -> Model:
    shown_index = same(index, "IndexName", "KeySchema", "Projection")
    if billing == "PROVISIONED" and "ProvisionedThroughput" in index:
        shown_index["ProvisionedThroughput"] = same(index["ProvisionedThroughput"], *_THROUGHPUT)
    return shown_index


def _index_updates(before: Model, after: Model) -> list[Model]:
    old = {one["IndexName"]: one for one in before.get("GlobalSecondaryIndexes", ())}
    new = {one["IndexName"]: one for one in after.get("GlobalSecondaryIndexes", ())}
    made = [{"Create": one} for name, one in new.items() if name not in old]
    return made + [{"Delete": {"IndexName": name}} for name in old if name not in new]
