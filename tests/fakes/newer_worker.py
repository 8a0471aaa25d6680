"""A real worker process of a newer version: whatever it answers has fields that this version does not know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from shared.aws.clients import Aws
from shared.errors import AwsError
from shared.messages import Effect, Gap, ToolCall, ToolResult
from shared.sessions.credentials import AgentSession
from shared.tools import Toolbox
from shared.worker import consumer
from shared.worker.settings import WorkerSettings
from shared.worker.worker import Worker
from tests.fakes.newer import newer

toolbox = Toolbox("info")


class Buckets(BaseModel):
    names: list[str]


@toolbox.tool(effect=Effect.READ)
def list_buckets(aws: Aws) -> Buckets:
    """Answer, with a gap."""
    aws.gaps.append(Gap(code="deadline", detail="too slow", region="eu-west-1"))
    return Buckets(names=["a", "b"])


@toolbox.tool(effect=Effect.READ)
def fail(aws: Aws) -> Buckets:
    """Fail as AWS would."""
    raise AwsError("AWS is out of order")


class NewerWorker(Worker):
    def _result(self, *arguments: Any, **named: Any) -> ToolResult:
        return ToolResult.model_validate(newer(super()._result(*arguments, **named)))


def make_context(call: ToolCall, session: AgentSession) -> Aws:
    return Aws(session, deadline=call.deadline)


if __name__ == "__main__":
    setattr(consumer, "Worker", NewerWorker)  # noqa: B010  # what `serve` makes
    consumer.serve("info", WorkerSettings(), toolbox, make_context)
