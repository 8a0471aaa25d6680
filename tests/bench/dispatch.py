"""How fast a call goes to a worker and back, against floors measured in the same run.

    .venv/bin/python -m tests.bench.dispatch [CALLS]

Floors: a PING to the same broker, and a bare list echoed by a thread (LPUSH, BLPOP, LPUSH, BLPOP): the least that
any queue on Redis can do. The worker is a real process with a tool that does nothing.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as AsyncRedis

from services.orchestrator.workers.dispatch import Dispatcher
from shared.tasks.records import Keys
from tests.fakes.broker import Broker
from tests.fakes.workers import ask
from tests.integration.conftest import PRIVATE_KEY, SESSION, SIGNING_KEY, open_test_session

Once = Callable[[], Awaitable[object]]
CONCURRENT = 32


async def one_after_another(once: Once, calls: int) -> list[float]:
    """Seconds of each call."""
    spent = []
    for _ in range(calls):
        started = time.perf_counter()
        await once()
        spent.append(time.perf_counter() - started)
    return spent


async def at_the_same_time(once: Once, calls: int) -> float:
    """Calls per second with `CONCURRENT` under way."""
    places = asyncio.Semaphore(CONCURRENT)

    async def limited() -> None:
        async with places:
            await once()

    started = time.perf_counter()
    await asyncio.gather(*(limited() for _ in range(calls)))
    return calls / (time.perf_counter() - started)


def echo_lists(broker: Broker, stop: threading.Event) -> None:
    redis = broker.client()
    while not stop.is_set():
        if redis.blpop(["bench:in"], timeout=1):
            redis.lpush("bench:out", "x")


async def measure(broker: Broker, calls: int) -> None:
    pool = BlockingConnectionPool.from_url(
        broker.url, decode_responses=True, max_connections=60, timeout=20, socket_timeout=15
    )
    redis = AsyncRedis(connection_pool=pool)
    dispatcher = Dispatcher(redis, {"info": SIGNING_KEY.encode()})
    await dispatcher.start()

    async def bare_list() -> None:
        await redis.lpush("bench:in", "x")
        await redis.blpop(["bench:out"], timeout=5)

    async def call() -> None:
        result = await ask(dispatcher, "info", "echo", {"text": "bench"}, session_id=SESSION)
        assert result.status == "ok", result

    rows: list[tuple[str, Once]] = [("PING (floor)", redis.ping), ("bare list echo (floor)", bare_list), ("call", call)]
    print(f"{'':24}{'p50 ms':>9}{'p99 ms':>9}{'calls/s':>9}{'p50 / PING':>12}")
    floor = 0.0
    for name, once in rows:
        await one_after_another(once, 20)
        spent = await one_after_another(once, calls)
        rate = await at_the_same_time(once, calls)
        p50, p99 = statistics.median(spent) * 1000, statistics.quantiles(spent, n=100)[98] * 1000
        floor = floor or p50
        print(f"{name:24}{p50:9.2f}{p99:9.2f}{rate:9.0f}{p50 / floor:12.1f}")
    await dispatcher.stop()
    await redis.aclose()


def main(calls: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        broker = Broker(Path(directory))
        broker.start()
        open_test_session(broker)
        environment = os.environ | {"REDIS_URL": broker.url, "SIGNING_KEY": SIGNING_KEY, "PRIVATE_KEY": PRIVATE_KEY}
        command = [sys.executable, "-m", "tests.fakes.echo_worker"]
        worker = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stop = threading.Event()
        echo = threading.Thread(target=echo_lists, args=(broker, stop), daemon=True)
        echo.start()
        try:
            while not broker.client().zcard(Keys("info").workers):
                time.sleep(0.1)
            asyncio.run(measure(broker, calls))
        finally:
            stop.set()
            echo.join(5)
            worker.kill()
            worker.wait()
            broker.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 500)
