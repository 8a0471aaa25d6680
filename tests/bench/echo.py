"""The floor of every way through Redis: a process that answers what lies on one list with an entry on another.

LPUSH, BLPOP, LPUSH, BLPOP: the least that any queue on Redis can do. `python -m tests.bench.echo` (`REDIS_URL`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis

ASKED, ANSWERED = "bench:in", "bench:out"


@contextmanager
def echo_process(url: str) -> Iterator[None]:
    """Run it while the block runs; `url` is that of a user who may use the two lists."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.echo"], env=os.environ | {"REDIS_URL": url})
    redis = Redis.from_url(url)
    try:
        redis.delete(ASKED, ANSWERED)
        redis.lpush(ASKED, "x")
        redis.blpop([ANSWERED], timeout=20)
        yield
    finally:
        process.kill()
        process.wait()
        redis.close()


async def once(redis: Any) -> None:
    """There and back, with an async client."""
    await redis.lpush(ASKED, "x")
    await redis.blpop([ANSWERED], timeout=5)


def main() -> None:
    redis = Redis.from_url(os.environ["REDIS_URL"])
    parent = os.getppid()
    while os.getppid() == parent:
        if redis.blpop([ASKED], timeout=1):
            redis.lpush(ANSWERED, "x")


if __name__ == "__main__":
    main()
