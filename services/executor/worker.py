"""The executor's worker: `python -m services.executor.worker`."""

from __future__ import annotations

if __name__ == "__main__":
    from shared import startup

    startup.begin()

from services.executor.context import ExecutorContext
from services.executor.proposal.advice import ask_advisor
from services.executor.resources import checking
from services.executor.scope.limits import check_settings
from services.executor.settings import ExecutorWorkerSettings
from services.executor.tools import toolbox
from shared.access.guard import EXECUTOR
from shared.aws.clients import Aws, ClientCache
from shared.broker.client import connect
from shared.iam.lint import linter
from shared.messages import ToolCall
from shared.sessions.credentials import AgentSession
from shared.settings import load
from shared.worker.consumer import serve

SETTINGS = load(ExecutorWorkerSettings)
check_settings(SETTINGS)
REDIS = connect(SETTINGS, SETTINGS.concurrency * 2 + 4)
# For what looks; a plan runs with clients of its own, see `scope.scoped`.
CLIENTS = ClientCache(EXECUTOR)


def make_context(call: ToolCall, session: AgentSession) -> ExecutorContext:
    advisor_key = SETTINGS.advisor_signing_key.get_secret_value().encode()
    return ExecutorContext(
        aws=Aws(session, deadline=call.deadline, cache=CLIENTS),
        redis=REDIS,
        settings=SETTINGS,
        call=call,
        review=ask_advisor(REDIS, advisor_key, call),
        advisor_key=advisor_key,
    )


if __name__ == "__main__":
    serve("executor", SETTINGS, toolbox, make_context, later=(linter.CHECKS, checking.CHECKS))
