"""The signed result in a task record: bounded by whoever writes it, and not believed by whoever reads it."""

from __future__ import annotations

from typing import Any

from shared.errors import TooLarge
from shared.messages import ErrorBody, ToolResult
from shared.tasks.records import sign_result

# 32 kB of the result itself, or the overview of a stored one (`shared/results`), gaps and error texts, and some room.
MAX_SIGNED_BYTES = 256 * 1024
# A signed result of up to so many bytes goes with its reply too, and need not be asked for.
MAX_CARRIED_BYTES = 2048


def signed_answer(result: ToolResult, signing_key: bytes) -> str:
    """The result as its record has it, or an error (`result_too_large`) in its place that a reader takes."""
    signed = sign_result(result.agent, result.call_id, result.model_dump_json(), signing_key)
    if len(signed.encode()) <= MAX_SIGNED_BYTES:
        return signed
    error = TooLarge("the result is larger than a message may be; ask for less", code="result_too_large")
    left = {"result": None, "gaps": (), "complete": False, "status": "error", "error": ErrorBody.of(error)}
    return sign_result(result.agent, result.call_id, result.model_copy(update=left).model_dump_json(), signing_key)


def read_answer(answer: Any) -> str | None:
    """The signed result in what the function `tasks_answer` returned; None where there is none yet.

    Raises TooLarge (`result_too_large`): no worker that follows this code writes such a record.
    """
    if not answer:
        return None
    fits, found = answer
    if not fits:
        raise TooLarge(f"the agent's answer of {found} bytes is larger than one may be", code="result_too_large")
    return str(found)
