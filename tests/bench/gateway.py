"""What a call costs the gateway, and what it adds: over REST through a whole deployment, from 1 to 100 clients.

.venv/bin/python -m tests.bench.gateway [--quick | --smoke]
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import openai
import psutil
from redis.asyncio import Redis

from tests.bench import echo, plain_http
from tests.bench.clients import spent
from tests.bench.commands import of_one
from tests.bench.deployment import AWS_MILLISECONDS, MODEL_MILLISECONDS, Running, deployment
from tests.bench.frame import Effort, Goal, Row, p50, p99, run_alone
from tests.bench.model_double import CALLS

Request = tuple[str, str, Any]
CALL: Request = ("POST", f"/v1/tools/{CALLS}", {})
EMPTY: Request = ("GET", "/v1/sessions/current", None)
HEALTH: Request = ("GET", "/healthz", None)
CHAT: Request = ("POST", "/v1/chat", {"message": "Hello, who are you?"})
CHAT_WITH_TOOL: Request = ("POST", "/v1/chat", {"message": f"Please call {CALLS}."})
# As large as a turn's.
MESSAGES: Any = [{"role": "system", "content": "x" * 15_000}, {"role": "user", "content": CHAT[2]["message"]}]


def asked(running: Running, clients: int, each: int, request: Request) -> list[float]:
    """Seconds of each request."""
    return asyncio.run(spent(running.address, running.headers, clients, each, request))


def cpu_ms(running: Running, clients: int, each: int, request: Request) -> float:
    """Milliseconds of the gateway's CPU for each request, what it does on its own included."""
    process = psutil.Process(running.pid("orchestrator"))
    before = process.cpu_times()
    asked(running, clients, each, request)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / (clients * each) * 1000


def measure(effort: Effort) -> list[Row]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = stack.enter_context(deployment(directory / "local", {"orchestrator": ["tests.bench.probe"]}))
        redis_url = (directory / "local" / "keys" / "admin" / "redis_url").read_text()
        for request in (CALL, EMPTY, CHAT, CHAT_WITH_TOOL):
            asked(running, 1, effort.of(10, 10, 1), request)
        rows = _latency(running, redis_url, effort)
        return rows + _load(running, effort) + _commands(running, effort) + _turns(running, effort)


def _latency(running: Running, redis_url: str, effort: Effort) -> list[Row]:
    with echo.echo_process(redis_url):
        floor = asyncio.run(_echoed(redis_url, effort.of(200, 50, 2)))
        alone = (p50(asked(running, 1, effort.of(200, 30, 2), CALL)) * 1000) - AWS_MILLISECONDS
        twenty = asked(running, 20, effort.of(30, 5, 1), CALL)
    row = Row("one REST tool call, 1 client, p50, without its 80 ms of AWS", alone, "ms", Goal("at most", 5.0), floor)
    note = f"p99 {p99(twenty) * 1000 - AWS_MILLISECONDS:.0f} ms"
    more = Row("the same with 20 clients at once, p50", p50(twenty) * 1000 - AWS_MILLISECONDS, "ms", None, floor)
    return [
        replace(row, floor_is="list echo through Redis"),
        replace(more, floor_is="list echo through Redis", note=note),
    ]


async def _echoed(redis_url: str, times: int) -> float:
    redis = Redis.from_url(redis_url, decode_responses=True)
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        await echo.once(redis)
        seconds.append(time.perf_counter() - started)
    await redis.aclose()
    return p50(seconds) * 1000


def _load(running: Running, effort: Effort) -> list[Row]:
    each = effort.of(20, 4, 1)
    health = cpu_ms(running, 100, each, HEALTH)
    empty = cpu_ms(running, 100, each, EMPTY)
    running.ask("GET", "/bench/lag")
    call = cpu_ms(running, 100, each, CALL)
    late: list[float] = running.ask("GET", "/bench/lag")
    cpu = Row("gateway CPU for a tool call, 100 clients", call, "ms", Goal("at most", 2.5), empty)
    lag = Row("event-loop lag under that load, p99", p99(late) * 1000, "ms", Goal("at most", 10.0, "measured"))
    return [
        replace(cpu, floor_is="an authenticated GET", note=f"/healthz {health:.2f} ms"),
        replace(lag, note=f"p50 {p50(late) * 1000:.1f} ms, longest {max(late) * 1000:.0f} ms"),
    ]


def _commands(running: Running, effort: Effort) -> list[Row]:
    times, idle, rows = effort.of(50, 10, 3), effort.of(3, 3, 1), []
    for name, request, goal in (("tool call", CALL, 12.0), ("one-tool chat turn", CHAT_WITH_TOOL, 30.0)):
        found = of_one(running.redis, partial(asked, running, 1, times, request), times, idle)
        note = f"{found.sent + found.inside:.0f} with those that functions carry out inside Redis"
        rows.append(Row(f"Redis commands sent for a {name}", found.sent, "commands", _most(goal), note=note))
    return rows


def _turns(running: Running, effort: Effort) -> list[Row]:
    times = effort.of(60, 10, 2)
    plain = p50(asked(running, 1, times, CHAT)) * 1000 - MODEL_MILLISECONDS
    tool = p50(asked(running, 1, times, CHAT_WITH_TOOL)) * 1000 - 2 * MODEL_MILLISECONDS - AWS_MILLISECONDS
    alone = p50(asyncio.run(_streamed(running.model_url, times))) * 1000 - MODEL_MILLISECONDS
    body = json.dumps({"model": "bench", "messages": MESSAGES, "stream": True}).encode()
    url = f"{running.model_url}/chat/completions"
    plainest = p50(plain_http.seconds_of(url, body, "application/json", times)) * 1000 - MODEL_MILLISECONDS
    return [
        Row("added to a chat turn without a tool, p50", plain, "ms", _most(10.0)),
        Row("added to a chat turn with one tool, p50", tool, "ms", _most(20.0)),
        Row("a request of a model by the OpenAI client alone, streamed, p50", alone, "ms"),
        Row("that request as one of bare HTTP, p50", plainest, "ms"),
    ]


async def _streamed(url: str, times: int) -> list[float]:
    """Seconds of each streamed request of 15 KB, as large as a turn's, by OpenAI's own client and nothing around it."""
    client = openai.AsyncOpenAI(base_url=url, api_key="bench", max_retries=0)
    seconds = []
    for _ in range(times + 1):
        started = time.perf_counter()
        async for _ in await client.chat.completions.create(model="bench", messages=MESSAGES, stream=True):
            pass
        seconds.append(time.perf_counter() - started)
    await client.close()
    return seconds[1:]  # the first one connects


def _most(value: float) -> Goal:
    return Goal("at most", value, "measured")


if __name__ == "__main__":
    run_alone(measure)
