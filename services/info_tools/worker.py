"""The informational worker: `python -m services.info_tools.worker`."""

from __future__ import annotations

from services.info_tools.tools import toolbox
from shared.access.guard import READ_ONLY
from shared.aws import Aws, ClientCache
from shared.credentials import AgentSession
from shared.fences import Perimeter
from shared.messages import ToolCall
from shared.settings import load
from shared.worker.consumer import serve
from shared.worker.worker import WorkerSettings

SETTINGS = load(WorkerSettings)
CLIENTS = ClientCache(READ_ONLY)


def make_context(call: ToolCall, session: AgentSession) -> Aws:
    perimeter = Perimeter.of(session.fences, session.operator_fences, SETTINGS.fences)
    return Aws(session, deadline=call.deadline, cache=CLIENTS, perimeter=perimeter)


if __name__ == "__main__":
    serve("info", SETTINGS, toolbox, make_context)
