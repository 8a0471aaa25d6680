"""What botocore answers, as JSON: times, bytes, Decimals, bodies; and texts that every reader of ours takes."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from botocore.response import StreamingBody
from pydantic import JsonValue

from shared.access.stripping import REMOVED
from shared.text.json_values import MAX_DEPTH

# Of one body that AWS streams, such as an exported report.
MAX_BODY_BYTES = 1024 * 1024
CUT = f"[cut: longer than {MAX_BODY_BYTES} bytes]"
_TOO_DEEP = "[left out: nested too deeply]"


def as_json(value: Any, depth: int = 0) -> JsonValue:
    """The value as JSON: times in ISO 8601, bytes in base64, an exact Decimal as a number and any other as text."""
    if depth > MAX_DEPTH - 8:  # what holds the row is a few levels itself
        return _TOO_DEEP
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, bytes | bytearray):
        return _bytes(bytes(value))
    if isinstance(value, Mapping):
        return {_text(str(key)): as_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item, depth + 1) for item in value]
    if isinstance(value, StreamingBody):
        return _body(value)
    return _text(str(value))


def _text(text: str) -> str:
    """Half a surrogate pair, which JSON can name and UTF-8 cannot, becomes "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _decimal(number: Decimal) -> JsonValue:
    if not number.is_finite():
        return str(number)
    if number == number.to_integral_value() and abs(number) < 2**63:
        return int(number)
    return float(number) if Decimal(repr(float(number))) == number else str(number)


def _bytes(value: bytes) -> str:
    return REMOVED if value == REMOVED.encode() else base64.b64encode(value).decode()


def _body(stream: StreamingBody) -> str:
    """The start of a body, which says itself where it is cut: text as it is, anything else in base64."""
    read = stream.read(MAX_BODY_BYTES + 1)
    stream.close()
    if len(read) > MAX_BODY_BYTES:
        return f"{_readable(read[:MAX_BODY_BYTES])} {CUT}"
    return _readable(read)


def _readable(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # A character that the cut parted is no sign of anything but text.
        return body[: error.start].decode() if error.start > len(body) - 4 and len(body) > 4 else _bytes(body)
