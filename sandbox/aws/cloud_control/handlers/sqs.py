"""SQS: queues, and their policies, which can be written and not read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.failures import HandlerFailure, if_there
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, text
from sandbox.aws.cloud_control.tags import TagChange, as_map, shown

# Property -> how its text is read. SQS knows all attributes as text.
_ATTRIBUTES: dict[str, Any] = {
    "DelaySeconds": int,
    "MaximumMessageSize": int,
    "MessageRetentionPeriod": int,
    "ReceiveMessageWaitTimeSeconds": int,
    "VisibilityTimeout": int,
    "KmsDataKeyReusePeriodSeconds": int,
    "KmsMasterKeyId": str,
    "SqsManagedSseEnabled": lambda text: text == "true",
    "FifoQueue": lambda text: text == "true",
    "ContentBasedDeduplication": lambda text: text == "true",
    "DeduplicationScope": str,
    "FifoThroughputLimit": str,
    "RedrivePolicy": json.loads,
    "RedriveAllowPolicy": json.loads,
}
_ABSENT = frozenset({"", "false"})


class Queue(Handler):
    type_name = "AWS::SQS::Queue"

    def create(self, aws: Loopback, desired: Model) -> str:
        suffix = ".fifo" if desired.get("FifoQueue") else ""
        name = desired.get("QueueName") or generated(self.type_name) + suffix
        # CreateQueue answers the URL of a queue that is there, if its attributes are the same.
        if "QueueName" in desired and if_there(lambda: aws("sqs").get_queue_url(QueueName=name)):
            message = f"Resource of type '{self.type_name}' with identifier '{name}' already exists."
            raise HandlerFailure("AlreadyExists", message)
        attributes = {key: text(desired[key]) for key in _ATTRIBUTES if key in desired}
        made = aws("sqs").create_queue(QueueName=name, Attributes=attributes, tags=as_map(desired.get("Tags")))
        return str(made["QueueUrl"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = aws("sqs").get_queue_attributes(QueueUrl=identifier, AttributeNames=["All"])["Attributes"]
        model: Model = {key: read(found[key]) for key, read in _ATTRIBUTES.items() if found.get(key, "") not in _ABSENT}
        model.setdefault("SqsManagedSseEnabled", found.get("SqsManagedSseEnabled") == "true")
        model |= {"QueueUrl": identifier, "QueueName": identifier.rpartition("/")[2], "Arn": found["QueueArn"]}
        return shown(model, aws("sqs").list_queue_tags(QueueUrl=identifier).get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        if keys := changed(before, after, *_ATTRIBUTES):
            # An empty text takes an attribute back to its default.
            attributes = {key: text(after[key]) if key in after else "" for key in keys}
            aws("sqs").set_queue_attributes(QueueUrl=identifier, Attributes=attributes)
        change = TagChange.of(before, after)
        if change.set:
            aws("sqs").tag_queue(QueueUrl=identifier, Tags=dict(change.set))
        if change.removed:
            aws("sqs").untag_queue(QueueUrl=identifier, TagKeys=change.removed)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("sqs").get_queue_attributes(QueueUrl=identifier, AttributeNames=["QueueArn"])
        aws("sqs").delete_queue(QueueUrl=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("sqs").get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 1000}):
            yield from page.get("QueueUrls", ())
