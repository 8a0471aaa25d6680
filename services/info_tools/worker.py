"""The informational worker: `python -m services.info_tools.worker`."""

from __future__ import annotations

from services.info_tools.tools import toolbox
from shared.access.guard import READ_ONLY
from shared.aws import Aws, ClientCache
from shared.credentials import AgentSession
from shared.messages import ToolCall
from shared.settings import load
from shared.worker.consumer import serve
from shared.worker.worker import WorkerSettings

CLIENTS = ClientCache(READ_ONLY)


def make_context(call: ToolCall, session: AgentSession) -> Aws:
    return Aws(session, deadline=call.deadline, cache=CLIENTS)


if __name__ == "__main__":
    serve("info", load(WorkerSettings), toolbox, make_context)
