"""Asks the advisor, which asks Claude on Bedrock, to review the IAM policies of a plan that has been prepared.

The question goes into the advisor's queue, and nothing here waits for the answer: the gateway looks for it
(`services/orchestrator/plans/reviews.py`).
"""

from __future__ import annotations

import json
import time
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from services.executor.context import AskReview
from shared.broker.failures import as_error
from shared.errors import Busy
from shared.messages import ToolCall
from shared.plans.ids import review_call_id
from shared.plans.plan import Plan
from shared.tasks.records import TaskFunctions, publish_arguments


def ask_advisor(redis: Redis, signing_key: bytes, call: ToolCall) -> AskReview:
    """The function that asks for a review of the plan prepared by `call`.

    It takes the plan with its digest, its policies as JSON, and the seconds that the advisor may take; it returns until
    when the answer can come (Unix seconds), and raises AssistantError where the advisor could not be asked.
    """
    functions = TaskFunctions.on(redis)

    def ask(plan: Plan, policies: list[dict[str, Any]], seconds: float) -> float:
        question = ToolCall(
            call_id=review_call_id(plan),
            agent="advisor",
            tool="review_plan",
            arguments={"goal": plan.goal, "policies": json.loads(json.dumps(policies))},
            session_id=call.session_id,
            deadline=time.time() + seconds,
            trace=call.trace,
        )
        # It is in the task's record that the answer is looked for, so there is no stream to reply on.
        keys, arguments = publish_arguments(question, "", signing_key)
        try:
            status = functions.publish(keys, arguments)[0]
        except RedisError as error:
            raise as_error(error) from None
        if status == "full":
            raise Busy("the advisor has too many open calls")
        return question.deadline

    return ask
