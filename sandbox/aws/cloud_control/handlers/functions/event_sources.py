"""Event source mappings: queues and streams that call a function."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, same
from sandbox.aws.cloud_control.tags import as_map, change_tags, shown, tags_given

_WRITTEN = (
    "BatchSize", "Enabled", "FunctionName", "MaximumBatchingWindowInSeconds", "MaximumRetryAttempts", "FilterCriteria",
    "FunctionResponseTypes", "BisectBatchOnFunctionError", "ParallelizationFactor", "ScalingConfig",
)  # fmt: skip
_READ = ("BatchSize", "EventSourceArn", "MaximumBatchingWindowInSeconds", "StartingPosition", "FunctionResponseTypes")


class EventSourceMapping(Handler):
    type_name = "AWS::Lambda::EventSourceMapping"

    def create(self, aws: Loopback, desired: Model) -> str:
        given = {key: desired[key] for key in (*_WRITTEN, "EventSourceArn", "StartingPosition") if key in desired}
        return str(aws("lambda").create_event_source_mapping(**given, **tags_given(desired, shape=as_map))["UUID"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = aws("lambda").get_event_source_mapping(UUID=identifier)
        arn = f"arn:aws:lambda:{aws.region}:{aws.account}:event-source-mapping:{identifier}"
        model = {
            "Id": identifier,
            "EventSourceMappingArn": found.get("EventSourceMappingArn", arn),
            "Enabled": found["State"] in ("Enabled", "Enabling", "Creating"),
            "FunctionName": found["FunctionArn"].rpartition(":")[2],
            **same(found, *_READ),
        }
        return shown(model, found.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        given = {key: after[key] for key in changed(before, after, *_WRITTEN) if key in after}
        if given:
            aws("lambda").update_event_source_mapping(UUID=identifier, **given)
        change_tags(aws("lambda"), before, after, shape=as_map, Resource=before["EventSourceMappingArn"])

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("lambda").get_event_source_mapping(UUID=identifier)
        aws("lambda").delete_event_source_mapping(UUID=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("lambda").get_paginator("list_event_source_mappings").paginate():
            yield from (one["UUID"] for one in page["EventSourceMappings"])
