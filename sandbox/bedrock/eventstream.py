"""The frames of `application/vnd.amazon.eventstream`: length, headers, JSON payload and two CRCs.

Source: "Event stream encoding" in the Smithy specification.
"""

import json
import zlib
from typing import Any

_STRING = 7


def _header(name: str, value: str) -> bytes:
    raw_name, raw_value = name.encode(), value.encode()
    return bytes([len(raw_name)]) + raw_name + bytes([_STRING]) + len(raw_value).to_bytes(2, "big") + raw_value


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def event(kind: str, payload: dict[str, Any]) -> bytes:
    """One event of the given type, framed."""
    headers = (
        _header(":event-type", kind) + _header(":content-type", "application/json") + _header(":message-type", "event")
    )
    body = json.dumps(payload).encode()
    # Both lengths, their CRC, headers, body, and the CRC of everything before it.
    prelude = _u32(12 + len(headers) + len(body) + 4) + _u32(len(headers))
    frame = prelude + _u32(zlib.crc32(prelude)) + headers + body
    return frame + _u32(zlib.crc32(frame))
