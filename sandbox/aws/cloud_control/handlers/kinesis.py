"""Kinesis: streams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same
from sandbox.aws.cloud_control.tags import TagChange, as_map, shown

_KEPT_HOURS = 24  # unless it is said


class Stream(Handler):
    type_name = "AWS::Kinesis::Stream"

    def create(self, aws: Loopback, desired: Model) -> str:
        kinesis, name = aws("kinesis"), desired.get("Name") or generated(self.type_name)
        given = same(desired, "StreamModeDetails", "ShardCount")
        if not given:
            given = {"ShardCount": 1}
        kinesis.create_stream(StreamName=name, **given)
        if desired.get("Tags"):
            kinesis.add_tags_to_stream(StreamName=name, Tags=as_map(desired["Tags"]))
        self._set_rest(kinesis, name, {}, desired)
        return str(name)

    def _set_rest(self, kinesis: Any, name: str, before: Model, after: Model) -> None:
        old, new = (one.get("RetentionPeriodHours", _KEPT_HOURS) for one in (before, after))
        if new > old:
            kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=new)
        elif new < old:
            kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=new)
        if changed(before, after, "StreamEncryption"):
            if encryption := after.get("StreamEncryption"):
                kinesis.start_stream_encryption(StreamName=name, **encryption)
            else:
                kinesis.stop_stream_encryption(StreamName=name, **before["StreamEncryption"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        kinesis = aws("kinesis")
        found = kinesis.describe_stream_summary(StreamName=identifier)["StreamDescriptionSummary"]
        model: Model = {
            "Name": identifier,
            "Arn": found["StreamARN"],
            **same(found, "RetentionPeriodHours", "StreamModeDetails"),
        }
        if found.get("StreamModeDetails", {}).get("StreamMode") != "ON_DEMAND":
            model["ShardCount"] = found["OpenShardCount"]
        if found.get("EncryptionType") == "KMS":
            model["StreamEncryption"] = same(found, "EncryptionType", "KeyId")
        return shown(model, kinesis.list_tags_for_stream(StreamName=identifier)["Tags"])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        kinesis = aws("kinesis")
        if changed(before, after, "StreamModeDetails") and "StreamModeDetails" in after:
            kinesis.update_stream_mode(StreamARN=before["Arn"], StreamModeDetails=after["StreamModeDetails"])
        if changed(before, after, "ShardCount") and "ShardCount" in after:
            kinesis.update_shard_count(
                StreamName=identifier, TargetShardCount=after["ShardCount"], ScalingType="UNIFORM_SCALING"
            )
        self._set_rest(kinesis, identifier, before, after)
        change = TagChange.of(before, after)
        if change.set:
            kinesis.add_tags_to_stream(StreamName=identifier, Tags=dict(change.set))
        if change.removed:
            kinesis.remove_tags_from_stream(StreamName=identifier, TagKeys=change.removed)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("kinesis").delete_stream(StreamName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("kinesis").get_paginator("list_streams").paginate():
            yield from page["StreamNames"]
