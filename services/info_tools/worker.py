"""The informational worker: `python -m services.info_tools.worker`."""

from __future__ import annotations

if __name__ == "__main__":
    from shared import startup

    startup.begin()

import os
import socket

from services.info_tools.context import InfoContext
from services.info_tools.limits import Limits
from services.info_tools.settings import InfoSettings
from services.info_tools.shared_limits import SharedLimits
from services.info_tools.tools import toolbox
from shared.access.guard import READ_ONLY
from shared.aws.clients import ClientCache
from shared.broker.client import connect
from shared.messages import ToolCall
from shared.sessions.credentials import AgentSession
from shared.sessions.fences import Perimeter
from shared.settings import load
from shared.worker.consumer import serve

SETTINGS = load(InfoSettings)
REDIS = connect(SETTINGS, SETTINGS.concurrency)
SHARED = SharedLimits(REDIS, f"{socket.gethostname()}.{os.getpid()}")
LIMITS = Limits(tell=SHARED.tell, hear=SHARED.hear)
CLIENTS = ClientCache(READ_ONLY, prepare=LIMITS.watch)


def make_context(call: ToolCall, session: AgentSession) -> InfoContext:
    perimeter = Perimeter.of(session.fences, session.operator_fences, SETTINGS.fences)
    return InfoContext(session, deadline=call.deadline, cache=CLIENTS, perimeter=perimeter, redis=REDIS)


if __name__ == "__main__":
    serve("info", SETTINGS, toolbox, make_context)
