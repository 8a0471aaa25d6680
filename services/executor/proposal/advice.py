"""Asks the advisor over its queue to review a plan's policies; continues without a review where it does not answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from shared.broker.failures import as_error
from shared.errors import AssistantError
from shared.messages import Review, ToolCall, ToolResult
from shared.tasks.answers import MAX_SIGNED_BYTES, read_answer
from shared.tasks.records import (
    Keys,
    TaskFunctions,
    open_result,
    publish_arguments,
    reply_stream,
)


def not_reviewed(reason: str) -> Review:
    """A review that did not take place, and why."""
    return Review(status="not_reviewed", reason=reason)


def ask_advisor(redis: Redis, functions: TaskFunctions, signing_key: bytes, call: ToolCall) -> Callable[..., Review]:
    """The function that has the policies of the plan prepared by `call` reviewed; it never raises.

    It takes the plan's goal, its policies as JSON, and the seconds it may take.
    """

    def ask(goal: str, policies: list[dict[str, Any]], seconds: float) -> Review:
        question = ToolCall(
            call_id=f"{call.call_id}.review",
            agent="advisor",
            tool="review_plan",
            arguments={"goal": goal, "policies": json.loads(json.dumps(policies))},
            session_id=call.session_id,
            deadline=min(time.time() + seconds, call.deadline),
            trace=call.trace,
        )
        try:
            answer = _await(redis, functions, signing_key, question)
        except AssistantError as error:
            return not_reviewed(error.detail)
        except RedisError as error:
            return not_reviewed(f"the advisor could not be asked: {as_error(error).detail}")
        if answer is None:
            return not_reviewed(f"the advisor did not answer within {seconds:.0f} s")
        if answer.error is not None:
            return not_reviewed(answer.error.detail)
        return Review.model_validate(answer.result)

    return ask


def _await(redis: Redis, functions: TaskFunctions, signing_key: bytes, question: ToolCall) -> ToolResult | None:
    """Publish the question and block on a reply stream of its own; None when the time is up."""
    stream = reply_stream("advisor", question.call_id)
    keys, arguments = publish_arguments(question, stream, signing_key)
    functions.publish(keys, arguments)
    task = Keys("advisor").task(question.call_id)
    while (signed := read_answer(functions.answer([task], [MAX_SIGNED_BYTES]))) is None:
        left = question.deadline - time.time()
        if left <= 0:
            break
        # Shorter than the client's own time-out; the record is looked at each time, so no reply is missed.
        redis.xread({stream: "0"}, count=1, block=int(min(left, 2.0) * 1000) or 1)
    redis.delete(stream)
    if signed is None:
        return None
    return ToolResult.model_validate_json(open_result("advisor", question.call_id, signed, signing_key))
