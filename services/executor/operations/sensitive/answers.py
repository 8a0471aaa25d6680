"""What AWS answered to a sensitive read, as JSON within its bounds: bytes in base64, and where they are."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import jmespath
from botocore.response import StreamingBody
from pydantic import JsonValue

from services.executor.records.values import Answered
from shared.access.stripping import REMOVED
from shared.aws_operations.models import Operation
from shared.errors import TooLarge
from shared.keys.sealed_values import MAX_VALUE_BYTES
from shared.text.json_values import MAX_DEPTH

# What would give the model power and not knowledge: links that are signed, and AWS's own keys.
_SIGNED_LINK = re.compile(r"https?://\S+[?&](X-Amz-Signature|Signature|X-Amz-Credential|sig)=", re.IGNORECASE)
_AWS_KEYS = {"accesskeyid", "secretaccesskey", "secretkey", "sessiontoken"}


def answered(operation: Operation, region: str, answer: Mapping[str, Any]) -> Answered:
    """The answer without its transport's metadata. Raises TooLarge (`value_too_large`)."""
    found: list[str] = []
    shown = {name: item for name, item in answer.items() if name != "ResponseMetadata"}
    value = _Bounded(operation, found).as_json(shown, "", 0)
    if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) > MAX_VALUE_BYTES:
        raise too_large(operation)
    return Answered(
        service=operation.service,
        operation=operation.name,
        region=region,
        value=value,
        base64=tuple(found),
        complete=_is_complete(operation, answer),
        for_model=without_power(value),
    )


def too_large(operation: Operation) -> TooLarge:
    """The refusal of an answer that is longer than a value may be."""
    return TooLarge(
        f"{operation.service}:{operation.name} answered with more than {MAX_VALUE_BYTES // 1024} KiB, which is the "
        "most that a plan shows. Ask for a part (a Range of an object, fewer items), or read it with AWS's own tools",
        code="value_too_large",
    )


class _Bounded:
    """Makes JSON of what botocore parsed; collects the paths of what became base64."""

    def __init__(self, operation: Operation, found: list[str]) -> None:
        self._operation, self._found = operation, found

    def as_json(self, value: Any, path: str, depth: int) -> JsonValue:
        if depth > MAX_DEPTH - 8:
            raise too_large(self._operation)
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, str):
            return value.encode("utf-8", "replace").decode()
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, bytes | bytearray):
            return self._bytes(bytes(value), path, text=False)
        if isinstance(value, StreamingBody):
            return self._bytes(self._body(value), path, text=True)
        if isinstance(value, Mapping):
            return {str(key): self.as_json(item, _joined(path, str(key)), depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.as_json(item, f"{path}[{place}]", depth + 1) for place, item in enumerate(value)]
        return str(value)

    def _bytes(self, value: bytes, path: str, *, text: bool) -> JsonValue:
        """Bytes in base64; a body that is text, as text."""
        if text:
            try:
                return value.decode()
            except UnicodeDecodeError:
                pass
        self._found.append(path)
        return base64.b64encode(value).decode()

    def _body(self, stream: StreamingBody) -> bytes:
        """A body that AWS streams, in full; it is not read any further than a value may be long."""
        try:
            read: bytes = stream.read(MAX_VALUE_BYTES + 1)
        finally:
            stream.close()
        if len(read) > MAX_VALUE_BYTES:
            raise too_large(self._operation)
        return read


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_complete(operation: Operation, answer: Mapping[str, Any]) -> bool:
    """Whether AWS names no further page."""
    tokens = operation.paging.output_tokens if operation.paging else ()
    return not any(jmespath.search(token, dict(answer)) for token in tokens)


def without_power(value: JsonValue) -> JsonValue:
    """The value without what no model gets: links that are signed, AWS's own keys."""
    if isinstance(value, str):
        return REMOVED if _SIGNED_LINK.search(value) else value
    if isinstance(value, list):
        return [without_power(item) for item in value]
    if isinstance(value, dict):
        return {
            name: REMOVED if re.sub(r"[^a-z]", "", name.lower()) in _AWS_KEYS else without_power(item)
            for name, item in value.items()
        }
    return value
