"""The facts of an audit entry as it keeps them: without secrets, and bounded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from shared.keys.signing import canonical
from shared.secrets.redaction import redact

MAX_TEXT_CHARS = 1000
MAX_ITEMS = 100
MAX_DATA_BYTES = 16 * 1024


def prepared(value: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Facts as an entry keeps them: redacted, long texts and lists cut, and bounded as a whole."""
    data = _cut(redact(value))
    text = canonical(data)
    if len(text.encode()) > MAX_DATA_BYTES:
        digest = hashlib.sha256(text.encode()).hexdigest()
        data = {"cut": True, "bytes": len(text.encode()), "sha256": digest, "start": text[:MAX_TEXT_CHARS]}
    assert isinstance(data, dict)
    return data


def _cut(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and len(value) > MAX_TEXT_CHARS:
        return (
            f"{value[:MAX_TEXT_CHARS]}… ({len(value)} characters, sha256 {hashlib.sha256(value.encode()).hexdigest()})"
        )
    if isinstance(value, list):
        more: list[JsonValue] = [f"… and {len(value) - MAX_ITEMS} more"] if len(value) > MAX_ITEMS else []
        return [_cut(item) for item in value[:MAX_ITEMS]] + more
    if isinstance(value, dict):
        return {name: _cut(item) for name, item in value.items()}
    return value
