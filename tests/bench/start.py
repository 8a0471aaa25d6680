"""How long `make up` takes to be ready, once everything is installed, and how much of it is CPU.

    .venv/bin/python -m tests.bench.start [--quick | --smoke]

The floor is the CPU that all its processes need until then, spread over the cores of this machine: with everything side
by side it cannot be quicker.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.bench.frame import Effort, Goal, Row, run_alone

READY = "ask your first question"
OTHERS = ("REDIS_", "OPENAI_", "PORT", "USE_REAL_AWS")


def started() -> tuple[float, float]:
    """Seconds until it was ready, and the CPU seconds of all its processes until then."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "sandbox.stack", "up", "--directory", str(Path(directory) / "local")]
        begun = time.monotonic()
        stack = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            assert stack.stdout is not None
            if not any(READY in line for line in stack.stdout):
                raise RuntimeError("the stack did not start")
            seconds = time.monotonic() - begun
            parent = psutil.Process(stack.pid)
            times = [one.cpu_times() for one in (parent, *parent.children(recursive=True))]
            return seconds, sum(one.user + one.system for one in times)
        finally:
            stack.terminate()
            stack.wait(30)


def compile_code() -> None:
    """As the install does: where Python writes no bytecode, what changed since then would be compiled at each start."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", "shared", "services", "sandbox", "cli"], check=True)


def measure(effort: Effort) -> list[Row]:
    compile_code()
    found = [started() for _ in range(effort.of(3, 1, 1))]
    seconds, cpu = min(found)
    floor, cores = cpu / (os.cpu_count() or 1), os.cpu_count()
    goal, note = Goal("at most", 6.0, "measured"), f"{cpu:.1f} s of CPU; the load before was {os.getloadavg()[0]:.1f}"
    return [Row("`make up` after the install, to ready", seconds, "s", goal, floor, f"its CPU on {cores} cores", note)]


if __name__ == "__main__":
    run_alone(measure)
