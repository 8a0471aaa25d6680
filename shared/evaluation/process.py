"""The child's side of a bounded evaluation: its limits, one request, one answer.

It runs under `python -I` with an empty environment: no settings, no keys, no connections. Standard input: a line of
JSON with `request` and `sizes`, then as many documents of as many bytes. Standard output: a line of JSON, `{}` or
why not, as the parent and this child agree, and after `{}` the result.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

# The head of the answer, and the result.
Answer = tuple[dict[str, str], bytes]


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


def serve(answer: Callable[[Any, Sequence[bytes]], Answer]) -> None:
    """`MEMORY_BYTES CPU_SECONDS`, the last arguments: limit this process, then answer one request."""
    limit(int(sys.argv[-2]), int(sys.argv[-1]))
    line = sys.stdin.buffer.readline()
    if not line:
        return  # the parent has ended, or has no use for this process any more
    asked = json.loads(line)
    documents = [sys.stdin.buffer.read(size) for size in asked["sizes"]]
    head, result = answer(asked["request"], documents)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + result)
    sys.stdout.buffer.flush()
    # Whoever asked waits for the end of this process; to take its objects apart one by one takes as long as a tenth.
    os._exit(0)
