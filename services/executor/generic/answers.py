"""What is kept of AWS's answer to a change: as JSON, bounded; secrets are taken out before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from services.executor.registry.operation import UNKNOWN
from shared.aws.answers.plain import as_json
from shared.aws.service_models import operation_model

# A result is in the plan's record, its page and the model's closing message.
MAX_ANSWER_BYTES = 8 * 1024
LEFT_OUT = "[left out: too long]"
_MAX_DEPTH = 4


def kept(answer: Mapping[str, Any]) -> dict[str, JsonValue]:
    """The answer without what says nothing of the change; members that make it too long are named and left out."""
    found = {name: as_json(value) for name, value in answer.items() if name != "ResponseMetadata"}
    sizes = sorted(((len(json.dumps(value)), name) for name, value in found.items()), reverse=True)
    total = sum(size for size, _ in sizes)
    for size, name in sizes:
        if total <= MAX_ANSWER_BYTES:
            break
        found[name] = LEFT_OUT
        total -= size - len(LEFT_OUT)
    return found


def expected(service: str, operation: str) -> dict[str, JsonValue]:
    """The answer before there is one, so that later steps can refer to it: `{"$from": "s1.answer.QueueUrl"}`."""
    shape = operation_model(service, operation).output_shape
    found = _stand_in(shape, 0) if shape is not None else {}
    return found if isinstance(found, dict) else {}


def _stand_in(shape: Any, depth: int) -> JsonValue:
    if shape.type_name == "structure" and depth < _MAX_DEPTH:
        return {name: _stand_in(target, depth + 1) for name, target in shape.members.items()}
    if shape.type_name == "list":
        return []
    return UNKNOWN if shape.type_name == "string" else None
