"""Runs a service under cProfile, every thread of it, and writes what was seen when told to.

    python -m tests.bench.profiled OUT MODULE ARGUMENTS…      FORGET: forget what was seen; WRITE: write it to OUT

The profiler makes every call of a Python function slower, so that shares count here and not times.
"""

from __future__ import annotations

import cProfile
import importlib
import pstats
import runpy
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

# Signals that nobody else takes: Celery has SIGUSR1 and SIGUSR2 for itself.
FORGET, WRITE = signal.SIGRTMIN + 1, signal.SIGRTMIN + 2


class Profilers:
    """A profiler for each thread; a new one is installed by the first function that the thread calls."""

    def __init__(self, out: str) -> None:
        self._out = out
        self._made: list[cProfile.Profile] = []
        self._here = threading.local()

    def begin(self) -> None:
        """Profile this thread and all that begin from now on."""
        threading.setprofile(self._in_thread)
        self._install()

    def forget(self, *_: object) -> None:
        for one in self._made:
            one.clear()

    def write(self, *_: object) -> None:
        seen: pstats.Stats | None = None
        for one in self._made:
            one.create_stats()
            if one.stats:
                seen = seen.add(one) if seen else pstats.Stats(one)
        if seen:
            seen.dump_stats(self._out)

    def _in_thread(self, frame: FrameType, event: str, argument: Any) -> None:
        sys.setprofile(None)
        self._install()

    def _install(self) -> None:
        if getattr(self._here, "profile", None) is None:
            self._here.profile = cProfile.Profile(time.thread_time)
            self._made.append(self._here.profile)
            self._here.profile.enable()


def main(out: str, module: str, *arguments: str) -> None:
    profilers = Profilers(out)
    signal.signal(FORGET, profilers.forget)
    signal.signal(WRITE, profilers.write)
    sys.argv = [module, *arguments]
    # Imported before, so that starting does not take several times as long; it is run below as if it were not.
    importlib.import_module(module)
    del sys.modules[module]
    profilers.begin()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
