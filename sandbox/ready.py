"""Waits until a process that was started answers, or says why it does not."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from sandbox.processes import Supervisor

READY_SECONDS = 90.0
LOOK_SECONDS = 0.05


def wait_for(supervisor: Supervisor, name: str, url: str, *, sandbox: bool = False) -> None:
    """Wait until a process is ready; it may need any of the others, so none of them may have ended.

    With `sandbox` until it also knows that its AWS is the sandbox's. Raises RuntimeError with its last lines.
    """
    process = next(process for process in supervisor.processes if process.name == name)
    deadline = time.monotonic() + READY_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        for one in supervisor.processes:
            if not one.running:
                raise RuntimeError(f"{one.name} ended while starting:\n{one.last_lines()}")
        try:
            with opener.open(url, timeout=2) as answer:
                if answer.status == 200 and (not sandbox or answer.headers.get("X-Sandbox")):
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(LOOK_SECONDS)
    raise RuntimeError(f"{name} was not ready after {READY_SECONDS:.0f} s:\n{process.last_lines()}")


def wait_for_redis(url: str) -> None:
    """Wait until Redis answers. Raises RuntimeError."""
    from redis import Redis  # takes a while: what needs no Redis starts meanwhile
    from redis.exceptions import RedisError

    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            Redis.from_url(url).ping()
            return
        except RedisError as error:
            if time.monotonic() > deadline:
                raise RuntimeError(f"Redis does not answer: {error}") from None
            time.sleep(LOOK_SECONDS)
