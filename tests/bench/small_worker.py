"""A real worker with the two smallest tools: one that does nothing, one that asks AWS once."""

from __future__ import annotations

from pydantic import BaseModel

from shared.aws.clients import Aws
from shared.messages import Effect, ToolCall
from shared.sessions.credentials import AgentSession
from shared.tools import Toolbox
from shared.worker.consumer import serve
from shared.worker.settings import WorkerSettings

toolbox = Toolbox("info")


class Said(BaseModel):
    text: str


@toolbox.tool(effect=Effect.READ)
def nothing(aws: Aws, text: str) -> Said:
    """Answer with the text."""
    return Said(text=text)


@toolbox.tool(effect=Effect.READ, iam_actions=("sts:GetCallerIdentity",))
def ask_aws(aws: Aws) -> Said:
    """Ask AWS who is calling."""
    return Said(text=aws.client("sts").get_caller_identity()["Arn"])


def make_context(call: ToolCall, session: AgentSession) -> Aws:
    return Aws(session, deadline=call.deadline)


if __name__ == "__main__":
    serve("info", WorkerSettings(), toolbox, make_context)
