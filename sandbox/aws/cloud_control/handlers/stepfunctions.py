"""Step Functions: state machines."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, keys_lowered, keys_raised, lower_first
from sandbox.aws.cloud_control.tags import as_lower_list, change_tags, shown


def _definition(model: Model) -> str | None:
    """The definition, which may be given as an object, with its placeholders filled in."""
    definition = json.dumps(model["Definition"]) if "Definition" in model else model.get("DefinitionString")
    for name, value in (model.get("DefinitionSubstitutions") or {}).items():
        definition = str(definition).replace(f"${{{name}}}", str(value))
    return definition


class StateMachine(Handler):
    type_name = "AWS::StepFunctions::StateMachine"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = desired.get("StateMachineName") or generated(self.type_name)
        given = {
            "definition": _definition(desired),
            "roleArn": desired["RoleArn"],
            "type": desired.get("StateMachineType", "STANDARD"),
            "loggingConfiguration": keys_lowered(desired.get("LoggingConfiguration")),
            "tracingConfiguration": keys_lowered(desired.get("TracingConfiguration")),
            "tags": as_lower_list(desired.get("Tags")) or None,
        }
        made = aws("stepfunctions").create_state_machine(
            name=name, **{key: value for key, value in given.items() if value is not None}
        )
        return str(made["stateMachineArn"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        states = aws("stepfunctions")
        found = states.describe_state_machine(stateMachineArn=identifier)
        model: Model = {
            "Arn": identifier,
            "Name": found["name"],
            "StateMachineName": found["name"],
            "DefinitionString": found["definition"],
            "RoleArn": found["roleArn"],
            "StateMachineType": found["type"],
            "LoggingConfiguration": keys_raised(found.get("loggingConfiguration")) or {"Level": "OFF"},
            "TracingConfiguration": keys_raised(found.get("tracingConfiguration")) or {"Enabled": False},
        }
        return shown(model, states.list_tags_for_resource(resourceArn=identifier)["tags"])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        states = aws("stepfunctions")
        given: Model = {}
        if (definition := _definition(after)) != before.get("DefinitionString") and definition is not None:
            given["definition"] = definition
        if changed(before, after, "RoleArn"):
            given["roleArn"] = after["RoleArn"]
        for key in changed(before, after, "LoggingConfiguration", "TracingConfiguration"):
            off: Model = {"Level": "OFF"} if key == "LoggingConfiguration" else {"Enabled": False}
            given[lower_first(key)] = keys_lowered(after.get(key, off))
        if given:
            states.update_state_machine(stateMachineArn=identifier, **given)
        change_tags(states, before, after, shape=as_lower_list, resourceArn=identifier)

    def delete(self, aws: Loopback, identifier: str) -> None:
        # DeleteStateMachine says nothing about one that is not there.
        aws("stepfunctions").describe_state_machine(stateMachineArn=identifier)
        aws("stepfunctions").delete_state_machine(stateMachineArn=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("stepfunctions").get_paginator("list_state_machines").paginate():
            yield from (one["stateMachineArn"] for one in page["stateMachines"])
