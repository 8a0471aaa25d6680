"""The process that evaluates one JMESPath expression over one JSON document, under limits of the operating system.

Run as a script by `python -I`, so that it can import nothing of this repository: it needs no settings, no keys and no
connections, and its environment is empty. Standard input: a line of JSON (`Request`), then the document to the end.
Standard output: a line of JSON, `{}` or `{"error": CODE, "detail": …}`, and after `{}` the result as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import suppress
from typing import Any, TypedDict

import jmespath
from jmespath.exceptions import JMESPathError


class Request(TypedDict):
    """`result_bytes`: how large the result may be."""

    expression: str
    result_bytes: int


class TooCostly(Exception):
    """The result is over a limit; the message says which."""


def limit(memory_bytes: int, cpu_seconds: int) -> None:
    """Limit this process: past the memory it gets a MemoryError, past the time the kernel kills it."""
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        # macOS, on a developer's machine, does not take every limit; the parent's clock holds there too.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
    os.nice(5)


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


def answer(request: Request, document: bytes) -> tuple[dict[str, str], bytes]:
    """The head of the answer and the result."""
    try:
        return {}, evaluate(request, document)
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
    """`child.py MEMORY_BYTES CPU_SECONDS`: limit this process, then answer one request."""
    limit(int(sys.argv[1]), int(sys.argv[2]))
    line = sys.stdin.buffer.readline()
    if not line:
        return  # the parent has ended, or has no use for this process any more
    head, result = answer(json.loads(line), sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + result)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
