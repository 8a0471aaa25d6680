"""The informational worker: `python -m services.info_tools.worker`."""

from __future__ import annotations

if __name__ == "__main__":
    from shared import startup

    startup.begin()

import os
import socket

from services.info_tools.context import InfoContext
from services.info_tools.limits import Limits
from services.info_tools.parallel import THREADS
from services.info_tools.processes import count_of, one_of, own_file
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
from shared.tables.computing import TABLES
from shared.telemetry import configure_logging
from shared.worker.consumer import serve
from shared.worker.context import MakeContext


def context_maker(settings: InfoSettings) -> MakeContext:
    """What all calls of this process share: its clients, its connection to Redis, the rates that AWS allows."""
    redis = connect(settings, settings.concurrency)
    others = SharedLimits(redis, f"{socket.gethostname()}.{os.getpid()}")
    limits = Limits(tell=others.tell, hear=others.hear)
    clients = ClientCache(READ_ONLY, prepare=limits.watch)

    def make_context(call: ToolCall, session: AgentSession) -> InfoContext:
        perimeter = Perimeter.of(session.fences, session.operator_fences, settings.fences)
        return InfoContext(session, deadline=call.deadline, cache=clients, perimeter=perimeter, redis=redis)

    return make_context


def main() -> None:
    settings = load(InfoSettings)
    count = count_of(settings.info_processes)
    if count > 1:
        configure_logging("info", settings.log_level, settings.log_format)
        number = one_of(count, settings.heartbeat_file)
        settings = settings.model_copy(update={"heartbeat_file": own_file(settings.heartbeat_file, number)})
        THREADS.share(count)
        TABLES.share(count)
    serve("info", settings, toolbox, context_maker(settings))


if __name__ == "__main__":
    main()
