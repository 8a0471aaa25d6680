"""The process that evaluates one JMESPath expression over one JSON document (see `process`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypedDict

import jmespath
from jmespath.exceptions import JMESPathError

from shared.evaluation.process import Answer, TooCostly, serve


class Request(TypedDict):
    """`result_bytes`: how large the result may be."""

    expression: str
    result_bytes: int


def evaluate(request: Request, document: bytes) -> bytes:
    """The result as JSON. Raises TooCostly, MemoryError, RecursionError, JMESPathError and ValueError."""
    found = jmespath.search(request["expression"], json.loads(document))
    check_size(found, request["result_bytes"])
    # Half a surrogate pair, which JSON can name and UTF-8 cannot, becomes "?".
    result = json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
    if len(result) > request["result_bytes"]:
        raise TooCostly(f"the result is larger than {request['result_bytes']} bytes")
    return result


def check_size(value: Any, most: int) -> None:
    """Raise TooCostly where the value is certainly larger than `most` bytes of JSON.

    The parts of a result can be one object many times over: counting them costs nothing, writing them costs it all.
    """
    size, parts = 0, [value]
    while parts:
        part = parts.pop()
        size += 1
        if isinstance(part, dict):
            size += sum(map(len, part))
            parts += part.values()
        elif isinstance(part, list):
            parts += part
        elif isinstance(part, str):
            size += len(part)
        if size + len(parts) > most:
            raise TooCostly(f"the result is larger than {most} bytes")


def answer(request: Request, documents: Sequence[bytes]) -> Answer:
    """The head of the answer and the result."""
    try:
        return {}, evaluate(request, documents[0])
    except TooCostly as error:
        return {"error": "path_too_costly", "detail": str(error)}, b""
    except MemoryError:
        return {"error": "path_too_costly", "detail": "it needs too much memory"}, b""
    except RecursionError:
        return {"error": "path_too_costly", "detail": "the result is nested too deeply"}, b""
    except (JMESPathError, ValueError) as error:
        # A slice's step of zero, and NaN or infinity as a result, are ValueErrors.
        return {"error": "invalid_path", "detail": str(error)[:1000]}, b""


def main() -> None:
    serve(answer)
