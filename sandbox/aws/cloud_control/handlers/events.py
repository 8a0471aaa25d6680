"""EventBridge: rules and buses."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.failures import HandlerFailure, if_there
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same, text
from sandbox.aws.cloud_control.tags import change_tags, shown, tags_given

_WRITTEN = ("Description", "EventBusName", "RoleArn", "ScheduleExpression", "State")


def _rule(arn: str) -> dict[str, str]:
    """A rule's name and bus: `…:rule/NAME` or `…:rule/BUS/NAME`."""
    *bus, name = arn.split(":rule/", 1)[-1].split("/")
    return {"Name": name, "EventBusName": bus[0] if bus else "default"}


class Rule(Handler):
    type_name = "AWS::Events::Rule"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = desired.get("Name") or generated(self.type_name)
        bus = desired.get("EventBusName", "default")
        if "Name" in desired and if_there(lambda: aws("events").describe_rule(Name=name, EventBusName=bus)):
            raise HandlerFailure("AlreadyExists", f"Rule {name} already exists on event bus {bus}")
        arn = str(self._put(aws, name, desired, tags_given(desired))["RuleArn"])
        if desired.get("Targets"):
            aws("events").put_targets(Rule=name, EventBusName=bus, Targets=desired["Targets"])
        return arn

    def _put(self, aws: Loopback, name: str, model: Model, tags: Model) -> Any:
        pattern = {"EventPattern": text(model["EventPattern"])} if "EventPattern" in model else {}
        return aws("events").put_rule(Name=name, **same(model, *_WRITTEN), **pattern, **tags)

    def read(self, aws: Loopback, identifier: str) -> Model:
        events, target = aws("events"), _rule(identifier)
        found = events.describe_rule(**target)
        model = {
            **same(found, "Arn", "Name", "Description", "EventBusName", "RoleArn", "ScheduleExpression", "State"),
            "RuleName": found["Name"],
        }
        if found.get("EventPattern"):
            model["EventPattern"] = json.loads(found["EventPattern"])
        targets = events.list_targets_by_rule(Rule=target["Name"], EventBusName=target["EventBusName"])["Targets"]
        model |= {"Targets": targets} if targets else {}
        return shown(model, events.list_tags_for_resource(ResourceARN=identifier)["Tags"])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        events, target = aws("events"), _rule(identifier)
        if changed(before, after, "EventPattern", *_WRITTEN):
            self._put(aws, target["Name"], after, {})
        rule = {"Rule": target["Name"], "EventBusName": target["EventBusName"]}
        kept = {one["Id"] for one in after.get("Targets", ())}
        gone = [one["Id"] for one in before.get("Targets", ()) if one["Id"] not in kept]
        if gone:
            events.remove_targets(**rule, Ids=gone)
        new = [one for one in after.get("Targets", ()) if one not in before.get("Targets", ())]
        if new:
            events.put_targets(**rule, Targets=new)
        change_tags(events, before, after, ResourceARN=identifier)

    def delete(self, aws: Loopback, identifier: str) -> None:
        events, target = aws("events"), _rule(identifier)
        events.describe_rule(**target)
        rule = {"Rule": target["Name"], "EventBusName": target["EventBusName"]}
        if ids := [one["Id"] for one in events.list_targets_by_rule(**rule)["Targets"]]:
            events.remove_targets(**rule, Ids=ids)
        events.delete_rule(**target)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        bus = {"EventBusName": model["EventBusName"]} if "EventBusName" in model else {}
        for page in aws("events").get_paginator("list_rules").paginate(**bus):
            yield from (one["Arn"] for one in page["Rules"])


class EventBus(Handler):
    type_name = "AWS::Events::EventBus"

    def create(self, aws: Loopback, desired: Model) -> str:
        given = same(desired, "Name", "EventSourceName", "Description", "KmsKeyIdentifier", "DeadLetterConfig")
        aws("events").create_event_bus(**given, **tags_given(desired))
        if "Policy" in desired:
            aws("events").put_permission(EventBusName=desired["Name"], Policy=text(desired["Policy"]))
        return str(desired["Name"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = aws("events").describe_event_bus(Name=identifier)
        model = same(found, "Name", "Arn", "Description", "KmsKeyIdentifier", "DeadLetterConfig")
        if found.get("Policy"):
            model["Policy"] = json.loads(found["Policy"])
        return shown(model, aws("events").list_tags_for_resource(ResourceARN=found["Arn"])["Tags"])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        events = aws("events")
        if changed(before, after, "Description", "KmsKeyIdentifier", "DeadLetterConfig"):
            events.update_event_bus(
                Name=identifier, **same(after, "Description", "KmsKeyIdentifier", "DeadLetterConfig")
            )
        if changed(before, after, "Policy"):
            if "Policy" in after:
                events.put_permission(EventBusName=identifier, Policy=text(after["Policy"]))
            else:
                events.remove_permission(EventBusName=identifier, RemoveAllPermissions=True)
        change_tags(events, before, after, ResourceARN=before["Arn"])

    def delete(self, aws: Loopback, identifier: str) -> None:
        # DeleteEventBus says nothing about one that is not there.
        aws("events").describe_event_bus(Name=identifier)
        aws("events").delete_event_bus(Name=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        return (one["Name"] for one in aws("events").list_event_buses()["EventBuses"])
