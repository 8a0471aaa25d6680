"""The policy advisor's worker: `python -m services.bedrock_advisor.worker`."""

from __future__ import annotations

if __name__ == "__main__":
    from shared import startup

    startup.begin()

from services.bedrock_advisor.clients import bedrock_clients
from services.bedrock_advisor.context import AdvisorContext
from services.bedrock_advisor.settings import AdvisorWorkerSettings
from services.bedrock_advisor.tools import toolbox
from shared.aws.clients import Aws
from shared.iam.lint import linter
from shared.messages import ToolCall
from shared.sessions.credentials import AgentSession
from shared.settings import load
from shared.worker.consumer import serve

SETTINGS = load(AdvisorWorkerSettings)
CLIENTS = bedrock_clients(SETTINGS.bedrock_timeout)


def make_context(call: ToolCall, session: AgentSession) -> AdvisorContext:
    return AdvisorContext(Aws(session, deadline=call.deadline, cache=CLIENTS), SETTINGS)


if __name__ == "__main__":
    serve("advisor", SETTINGS, toolbox, make_context, later=(linter.CHECKS,))
