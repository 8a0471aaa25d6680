"""What the Bedrock double says: reads the policies out of a conversation and fits an answer to a tool's schema."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.bedrock.narrowing import narrower
from sandbox.bedrock.policies import KNOWN_MANAGED, explain_statement, statements_of, summary_of
from sandbox.bedrock.risks import Risk, risks_of

Json = Mapping[str, Any]
_ORDER = {"high": 0, "medium": 1, "low": 2}
_TAG = re.compile(r"<(policy|plan|policies)>\s*(.*?)\s*</\1>", re.DOTALL)
_FACTS = re.compile(r"<facts>\s*(.*?)\s*</facts>", re.DOTALL)
_ARN = re.compile(r"arn:aws[\w-]*:iam::aws:policy/[\w+=,.@/-]+")


@dataclass(frozen=True)
class Policy:
    """A policy under review."""

    name: str
    kind: str
    document: Json


@dataclass(frozen=True)
class Material:
    """Everything the conversation gave to look at."""

    policies: tuple[Policy, ...] = ()
    text: str = ""
    placeholders: bool = True
    risks: tuple[Risk, ...] = field(default=())

    def as_text(self) -> str:
        """The review as prose, for a request without tools."""
        lines = [self.summary()]
        lines += [item["explanation"] for item in self.statements()]
        lines += [f"Risk ({risk.severity}): {risk.title}. {risk.detail}" for risk in self.risks]
        return "\n".join(lines)

    def summary(self) -> str:
        """Two or three sentences on all policies."""
        if not self.policies:
            return "There is no IAM policy in what I was given to review."
        return " ".join(summary_of(item.name, item.document) for item in self.policies)

    def statements(self) -> list[dict[str, str]]:
        """Each statement in words."""
        return [
            {
                "sid": str(statement.get("Sid") or f"Statement{number}"),
                "effect": str(statement.get("Effect", "")),
                "explanation": explain_statement(statement),
            }
            for item in self.policies
            for number, statement in enumerate(statements_of(item.document), 1)
        ]

    def suggestion(self) -> str | None:
        """A narrower version of the first policy that has one, as JSON text."""
        for item in self.policies:
            found = narrower(item.document, self.placeholders) if item.kind != "trust" else None
            if found is not None:
                return json.dumps(found)
        return None

    def facts(self, name: str) -> list[Any]:
        """A list among the facts that the request gives; empty where it gives none."""
        found = _FACTS.search(self.text)
        values = [value for value in _decode_all(found.group(1)) if isinstance(value, dict)] if found else []
        return list(values[0].get(name) or []) if values else []

    def verdict(self) -> str:
        """The worst risk decides."""
        worst = min((_ORDER[risk.severity] for risk in self.risks), default=2)
        return ("dangerous", "concerns", "looks_fine")[worst]

    def recommendations(self) -> list[str]:
        """What to change, most useful first, each once."""
        found = list(dict.fromkeys(risk.advice for risk in self.risks))
        return found or ["Keep it as it is, and review it again when what it is used for changes."]


def _kind(raw: Any, document: Json) -> str:
    if raw:
        return "trust" if "trust" in str(raw) else str(raw)
    is_trust = any("Principal" in item and "Resource" not in item for item in statements_of(document))
    return "trust" if is_trust else "identity"


def _policy(name: str, kind: Any, value: Any) -> Policy | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if not isinstance(value, dict) or "Statement" not in value:
        return None
    return Policy(name, _kind(kind, value), value)


def _managed(arn: str) -> Policy | None:
    name = arn.rsplit("/", 1)[-1]
    document = KNOWN_MANAGED.get(name)
    return Policy(name, "identity", document) if document else None


def _from_json(value: Any, name: str = "The policy") -> list[Policy]:
    """Every policy in a JSON value: a policy, a list of plan items, or an object that holds them."""
    if isinstance(value, str):
        found = _policy(name, None, value) or (_managed(value) if _ARN.fullmatch(value) else None)
        return [found] if found else []
    if isinstance(value, list):
        return [policy for item in value for policy in _from_json(item, name)]
    if not isinstance(value, dict):
        return []
    if "Statement" in value:
        found = _policy(name, None, value)
        return [found] if found else []
    own_name = str(value.get("name") or name)
    document = _policy(own_name, value.get("kind"), value.get("document"))
    if document:
        return [document]
    return [policy for item in value.values() for policy in _from_json(item, own_name)]


def _decode_all(text: str) -> list[Any]:
    """Every JSON object or array that starts in a text."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (start := re.compile(r"[{\[]").search(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, start.start())
            found.append(value)
        except ValueError:
            at = start.end()
    return found


def _policies_in(text: str) -> list[Policy]:
    tagged = [match.group(2) for match in _TAG.finditer(text)]
    for part in tagged or [text]:
        found = [policy for value in _decode_all(part) for policy in _from_json(value)]
        if found:
            return found
    arns = dict.fromkeys(_ARN.findall(text))
    return [policy for policy in map(_managed, arns) if policy]


def read_material(messages: Sequence[Json], system: Sequence[Json]) -> Material:
    """The policies of the last user message that holds any."""
    texts = [
        "\n".join(str(block["text"]) for block in message["content"] if "text" in block)
        for message in messages
        if message["role"] == "user"
    ]
    rules = " ".join(str(block.get("text", "")) for block in system)
    for text in reversed(texts):
        policies = tuple(_policies_in(text))
        if policies:
            risks = [risk for item in policies for risk in risks_of(item.document, item.kind)]
            ordered = sorted(dict.fromkeys(risks), key=lambda risk: _ORDER[risk.severity])
            return Material(policies, text, "never use placeholders" not in rules, tuple(ordered))
    return Material(text=texts[-1] if texts else "")


def compose(material: Material, schema: Json) -> dict[str, Any]:
    """An input for a tool: known property names get the review, other required ones a fitting empty value."""
    risks = [{"severity": r.severity, "title": r.title, "detail": r.detail} for r in material.risks]
    suggestion = material.suggestion()
    changes = material.recommendations() if suggestion else ["Nothing was changed: no narrower version is certain."]
    known: dict[str, Any] = {
        "summary": material.summary(),
        "statements": material.statements(),
        "risks": risks,
        "recommendations": material.recommendations(),
        "suggestions": material.recommendations(),
        "changes": changes,
        "verdict": material.verdict(),
        "explanation": " ".join(material.facts("meaning")) or material.summary(),
        "next_steps": [f"Look at {one['shows']}." for one in material.facts("look_up")],
        "suggested_policy_json": suggestion,
        "suggested_policy": json.loads(suggestion) if suggestion else None,
    }
    required = schema.get("required", [])
    return {
        name: known[name] if name in known else _empty(definition, schema)
        for name, definition in schema.get("properties", {}).items()
        if name in known or name in required
    }


def _empty(definition: Json, schema: Json) -> Any:
    if "$ref" in definition:
        return _empty(schema.get("$defs", {}).get(definition["$ref"].rsplit("/", 1)[-1], {}), schema)
    if "enum" in definition:
        return definition["enum"][0]
    if "const" in definition:
        return definition["const"]
    options = definition.get("anyOf") or definition.get("oneOf")
    if options:
        return None if any(option.get("type") == "null" for option in options) else _empty(options[0], schema)
    if definition.get("type") == "object":
        required = definition.get("required", [])
        return {name: _empty(definition["properties"][name], schema) for name in required}
    return {"array": [], "integer": 0, "number": 0, "boolean": False, "null": None}.get(
        str(definition.get("type")), "none"
    )
