"""The functions that a request offers: fits calls to their names and argument types, and changes to one plan."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.model.changes.calls import CALL
from sandbox.model.changes.resources import MAKE
from sandbox.model.changes.secret_value import READ_VALUE
from sandbox.model.changes.tagging import TAG_TOOL
from sandbox.model.tools import OPERATIONS
from sandbox.model.types import Call, JsonObject, Proposal, Step

PLAN_TOOL = "propose_plan"
# A line of those that say what a step may do: "create_iam_role(name, policy_document: {}): Create a role".
_SIGNATURE = re.compile(r"^(\w+)\((.*?)\)(?::|$)", re.MULTILINE)


@dataclass(frozen=True)
class Offer:
    """The functions a request offers, by name, with their parameter schemas."""

    schemas: dict[str, JsonObject]
    descriptions: dict[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.schemas

    def can_change(self, operation: str) -> bool:
        """True when a change can be proposed with this operation, directly or as a plan's step."""
        return operation in self.schemas or (PLAN_TOOL in self.schemas and operation in self._plan_operations())

    def _plan_operations(self) -> frozenset[str]:
        listed = self._operation_schema().get("enum") or self._signatures()
        return frozenset(listed or {*OPERATIONS, TAG_TOOL, READ_VALUE, CALL, MAKE})

    def _signatures(self) -> dict[str, str]:
        """The arguments of each operation that a step may name, as they are listed; empty where they are not."""
        return dict(_SIGNATURE.findall(self._operation_schema().get("description") or ""))

    def _operation_schema(self) -> JsonObject:
        return resolve(self._step_schema().get("properties", {}).get("operation", {}), self.schemas[PLAN_TOOL])

    def _step_schema(self) -> JsonObject:
        root = self.schemas[PLAN_TOOL]
        steps = resolve(root.get("properties", {}).get("steps", {}), root)
        return resolve(steps.get("items", {}), root)

    def fit(self, call: Call) -> Call:
        """The call with arguments as the offered schema wants them."""
        root = self.schemas.get(call.name, {})
        return Call(call.name, fit_object(call.arguments, root, root))

    def calls_for(self, proposal: Proposal, account: str = "") -> tuple[Call, ...]:
        """The calls that propose a change: its function, or one plan of several steps."""
        steps = proposal.steps
        if len(steps) == 1 and steps[0].operation in self:
            return (self.fit(Call(steps[0].operation, steps[0].arguments)),)
        if PLAN_TOOL in self:
            return (self.fit(Call(PLAN_TOOL, self._plan(proposal))),)
        known = {step.id: step for step in steps}
        return tuple(self.fit(Call(step.operation, _literal(step, known, account))) for step in steps)

    def _plan(self, proposal: Proposal) -> JsonObject:
        steps: list[JsonObject] = []
        for step in proposal.steps:
            arguments = step.arguments
            if step.operation in self:
                root = self.schemas[step.operation]
                arguments = fit_object(arguments, root, root, fill=False)
            else:
                arguments = _documents_as_text(arguments, self._signatures().get(step.operation, ""))
            written: JsonObject = {"id": step.id, "operation": step.operation, "arguments": arguments}
            steps.append(written | ({"needs": list(step.needs)} if step.needs else {}))
        return {"goal": proposal.goal, "steps": steps}


def _literal(step: Step, known: dict[str, Step], account: str) -> JsonObject:
    """Without a plan there is nothing to refer to: write a role's name and ARN out where they are certain."""
    out: JsonObject = {}
    for key, value in step.arguments.items():
        if isinstance(value, dict) and "$from" in value:
            source, _, field = str(value["$from"]).partition(".")
            name = known[source].arguments.get("name") if source in known else None
            if name and field == "role_name":
                value = name
            elif name and field == "arn" and account:
                value = f"arn:aws:iam::{account}:role/{name}"
        out[key] = value
    return out


def _documents_as_text(arguments: JsonObject, listed: str) -> JsonObject:
    """Policies as text, but for arguments that are listed as objects."""
    objects = set(re.findall(r"(\w+)\??: \{", listed))
    return {
        key: json.dumps(value) if isinstance(value, dict) and "Statement" in value and key not in objects else value
        for key, value in arguments.items()
    }


def resolve(schema: JsonObject, root: JsonObject) -> JsonObject:
    """Follow local references and take the first non-null alternative of a schema."""
    for _ in range(8):
        if "$ref" in schema:
            target: Any = root
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                target = target.get(part, {}) if isinstance(target, dict) else {}
            schema = target
        elif "anyOf" in schema or "oneOf" in schema:
            options = [resolve(each, root) for each in schema.get("anyOf") or schema["oneOf"]]
            schema = next((each for each in options if each.get("type") != "null"), {})
        else:
            break
    return schema


def _types(schema: JsonObject, root: JsonObject) -> set[str]:
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return set().union(*(_types(each, root) for each in options))
    found = resolve(schema, root).get("type", [])
    return {found} if isinstance(found, str) else set(found)


def fit_object(arguments: JsonObject, schema: JsonObject, root: JsonObject, fill: bool = True) -> JsonObject:
    """Arguments reduced to the schema's properties and converted to their types; required gaps filled."""
    schema = resolve(schema, root)
    if "properties" not in schema:
        return arguments
    properties: JsonObject = schema["properties"]
    out = {key: _fit(value, properties[key], root) for key, value in arguments.items() if key in properties}
    for key in schema.get("required") or [] if fill else []:
        if key not in out:
            found = properties.get(key, {})
            if "default" in found:
                out[key] = found["default"]
            elif "null" in _types(found, root):
                out[key] = None
    return out


def _fit(value: Any, schema: JsonObject, root: JsonObject) -> Any:
    types = _types(schema, root)
    if isinstance(value, dict):
        if "$from" in value:
            return value
        if types and "object" not in types and "string" in types:
            return json.dumps(value)
        return fit_object(value, schema, root)
    if isinstance(value, str) and types and "string" not in types:
        return _parsed(value, types)
    if isinstance(value, list):
        if "string" in types and "array" not in types:
            return ",".join(str(each) for each in value)
        items = resolve(schema, root).get("items") or {}
        return [_fit(each, items, root) for each in value]
    return value


def _parsed(value: str, types: set[str]) -> Any:
    if "array" in types:
        return [value]
    if types & {"object", "integer", "number", "boolean"}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
