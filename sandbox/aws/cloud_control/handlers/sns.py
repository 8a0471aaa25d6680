"""SNS: topics and subscriptions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.failures import HandlerFailure, if_there
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, text
from sandbox.aws.cloud_control.tags import as_list, change_tags, shown

# Property -> how its text is read.
_TOPIC: dict[str, Any] = {
    "DisplayName": str,
    "KmsMasterKeyId": str,
    "FifoTopic": lambda value: value == "true",
    "ContentBasedDeduplication": lambda value: value == "true",
    "FifoThroughputScope": str,
    "SignatureVersion": str,
    "TracingConfig": str,
    "ArchivePolicy": json.loads,
}
_SUBSCRIPTION: dict[str, Any] = {
    "FilterPolicy": json.loads,
    "FilterPolicyScope": str,
    "RawMessageDelivery": lambda value: value == "true",
    "RedrivePolicy": json.loads,
    "DeliveryPolicy": json.loads,
    "SubscriptionRoleArn": str,
}
_ABSENT = frozenset({"", "false", "{}"})


class Topic(Handler):
    type_name = "AWS::SNS::Topic"

    def create(self, aws: Loopback, desired: Model) -> str:
        suffix = ".fifo" if desired.get("FifoTopic") else ""
        name = desired.get("TopicName") or generated(self.type_name) + suffix
        arn = f"arn:aws:sns:{aws.region}:{aws.account}:{name}"
        if "TopicName" in desired and if_there(lambda: aws("sns").get_topic_attributes(TopicArn=arn)):
            raise HandlerFailure("AlreadyExists", f"Topic {name} already exists")
        attributes = {key: text(desired[key]) for key in _TOPIC if key in desired}
        aws("sns").create_topic(Name=name, Attributes=attributes, Tags=as_list(desired.get("Tags")))
        for one in desired.get("Subscription", ()):
            aws("sns").subscribe(TopicArn=arn, Protocol=one["Protocol"], Endpoint=one["Endpoint"])
        return arn

    def read(self, aws: Loopback, identifier: str) -> Model:
        sns = aws("sns")
        found = sns.get_topic_attributes(TopicArn=identifier)["Attributes"]
        model = {key: read(found[key]) for key, read in _TOPIC.items() if found.get(key, "") not in _ABSENT}
        model |= {"TopicArn": identifier, "TopicName": identifier.rpartition(":")[2]}
        subscriptions = sns.list_subscriptions_by_topic(TopicArn=identifier)["Subscriptions"]
        if subscriptions:
            model["Subscription"] = [
                {"Endpoint": one["Endpoint"], "Protocol": one["Protocol"]} for one in subscriptions
            ]
        return shown(model, sns.list_tags_for_resource(ResourceArn=identifier)["Tags"])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        sns = aws("sns")
        for key in changed(before, after, *_TOPIC):
            sns.set_topic_attributes(TopicArn=identifier, AttributeName=key, AttributeValue=text(after.get(key, "")))
        self._subscribe(sns, identifier, before.get("Subscription", []), after.get("Subscription", []))
        change_tags(sns, before, after, ResourceArn=identifier)

    def _subscribe(self, sns: Any, arn: str, before: list[Model], after: list[Model]) -> None:
        for one in after:
            if one not in before:
                sns.subscribe(TopicArn=arn, Protocol=one["Protocol"], Endpoint=one["Endpoint"])
        if any(one not in after for one in before):
            for kept in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
                if {"Endpoint": kept["Endpoint"], "Protocol": kept["Protocol"]} not in after:
                    sns.unsubscribe(SubscriptionArn=kept["SubscriptionArn"])

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("sns").get_topic_attributes(TopicArn=identifier)
        aws("sns").delete_topic(TopicArn=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("sns").get_paginator("list_topics").paginate():
            yield from (one["TopicArn"] for one in page["Topics"])


class Subscription(Handler):
    type_name = "AWS::SNS::Subscription"

    def create(self, aws: Loopback, desired: Model) -> str:
        attributes = {key: text(desired[key]) for key in _SUBSCRIPTION if key in desired}
        made = aws("sns").subscribe(
            TopicArn=desired["TopicArn"], Protocol=desired["Protocol"], Endpoint=desired.get("Endpoint", ""),
            Attributes=attributes, ReturnSubscriptionArn=True,
        )  # fmt: skip
        return str(made["SubscriptionArn"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = aws("sns").get_subscription_attributes(SubscriptionArn=identifier)["Attributes"]
        model = {key: read(found[key]) for key, read in _SUBSCRIPTION.items() if found.get(key, "") not in _ABSENT}
        return {"Arn": identifier, **{key: found[key] for key in ("TopicArn", "Protocol", "Endpoint")}, **model}

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        for key in changed(before, after, *_SUBSCRIPTION):
            aws("sns").set_subscription_attributes(
                SubscriptionArn=identifier, AttributeName=key, AttributeValue=text(after.get(key, ""))
            )

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("sns").get_subscription_attributes(SubscriptionArn=identifier)
        aws("sns").unsubscribe(SubscriptionArn=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("sns").get_paginator("list_subscriptions").paginate():
            yield from (one["SubscriptionArn"] for one in page["Subscriptions"])
