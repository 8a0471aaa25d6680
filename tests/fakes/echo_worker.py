"""A real worker process with the simplest tools, so that tests can see what the broker does with calls."""

from __future__ import annotations

import os
import signal
import time

from pydantic import BaseModel
from redis import Redis

from shared.aws.clients import Aws
from shared.messages import Effect, ToolCall
from shared.sessions.credentials import AgentSession
from shared.tools import Toolbox
from shared.worker.consumer import serve
from shared.worker.settings import WorkerSettings

toolbox = Toolbox("info")
# Where the tests count; a worker's own user may not.
REDIS = Redis.from_url(os.environ.get("COUNTERS_URL") or WorkerSettings().redis_url.get_secret_value())


class Echo(BaseModel):
    text: str
    pid: int


@toolbox.tool(effect=Effect.READ)
def echo(aws: Aws, text: str, seconds: float = 0.0) -> Echo:
    """Answer with the text, after a while."""
    REDIS.incr(f"begun:{text}")
    time.sleep(seconds)
    return Echo(text=text, pid=os.getpid())


@toolbox.tool(effect=Effect.READ)
def large(aws: Aws, size: int, seconds: float = 0.0) -> list[str]:
    """Answer with many strings, after a while."""
    REDIS.incr(f"begun:large.{size}")
    time.sleep(seconds)
    return ["x" * 100] * (size // 100)


@toolbox.tool(effect=Effect.READ)
def crash(aws: Aws) -> Echo:
    """Fail in a way nobody foresaw."""
    raise RuntimeError("a detail that only the log may have")


@toolbox.tool(effect=Effect.READ)
def die(aws: Aws, text: str) -> Echo:
    """Take the whole worker along."""
    REDIS.incr(f"begun:{text}")
    os.kill(os.getpid(), signal.SIGKILL)
    return Echo(text=text, pid=0)


@toolbox.tool(effect=Effect.READ, resumable=True)
def die_midway(aws: Aws, text: str) -> Echo:
    """Take the whole worker along, with work that another call continues."""
    return die(aws, text)  # type: ignore[no-any-return]  # the decorator keeps no types


def make_context(call: ToolCall, session: AgentSession) -> Aws:
    return Aws(session, deadline=call.deadline)


if __name__ == "__main__":
    serve("info", WorkerSettings(), toolbox, make_context)
