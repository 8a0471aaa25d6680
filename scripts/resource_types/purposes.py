"""What a type is for, in one line: AWS's description, or what the operation does that makes one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from scripts.aws_operations import texts
from scripts.resource_types.schemas import Schema, plain
from shared.aws_operations.catalogue import operations, services

_SAYS_NOTHING = re.compile(r"(resource type|resource schema|schema|definition)\b.{0,20}\b(of|for)\b", re.IGNORECASE)
_MAKING = ("Create", "Put", "Register", "Run", "Start", "Allocate", "Request", "Provision", "Publish")


def purpose(schema: Schema) -> str:
    """One sentence, "" where nothing says it."""
    name = schema["typeName"]
    text = plain(schema.get("description", ""))
    text = re.sub(rf"^(The )?{re.escape(name)}( resource)?( type)?,? ", "", text)
    sentence = texts.purpose(text[:1].upper() + text[1:])
    if sentence and not _SAYS_NOTHING.match(sentence):
        return sentence
    return _of_operation(schema)


def _of_operation(schema: Schema) -> str:
    resource = schema["typeName"].split("::", 2)[2]
    for action in schema.get("handlers", {}).get("create", {}).get("permissions", []):
        prefix, _, operation = action.partition(":")
        of_resource = any(operation == f"{verb}{resource}" for verb in _MAKING) or operation == f"Run{resource}s"
        if of_resource and (found := _purposes().get((prefix, operation))):
            return found
    return ""


@lru_cache(maxsize=1)
def _purposes() -> Mapping[tuple[str, str], str]:
    """By the prefix of the IAM actions and the operation."""
    found: dict[tuple[str, str], str] = {}
    for service in services().values():
        for name, operation in operations(service.name).items():
            if name.startswith(_MAKING) and operation.purpose:
                found.setdefault((service.prefix, name), operation.purpose)
    return found
