"""Starts, watches, restarts and stops a set of processes. None outlives its supervisor."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 15.0
RESTART_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Process:
    """One supervised process; `starts` counts how often it was started."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    popen: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    starts: int = 0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops them in order
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        self.started_at = time.monotonic()
        self.starts += 1

    @property
    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self.popen is not None and self.running:
            os.killpg(self.popen.pid, number)

    def last_lines(self, count: int = 15) -> str:
        """The end of the log, to show when it did not start."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


@dataclass(slots=True)
class Supervisor:
    """Restarts what dies, at most once a second each; `changed` is called with the new pids."""

    changed: Callable[[dict[str, list[int]]], None] = lambda pids: None
    processes: list[Process] = field(default_factory=list)

    def start(self, process: Process) -> Process:
        process.start()
        self.processes.append(process)
        return process

    def pids(self) -> dict[str, list[int]]:
        """Running process ids by service name."""
        pids: dict[str, list[int]] = {}
        for process in self.processes:
            pids.setdefault(process.name, [])
            if process.popen is not None and process.running:
                pids[process.name].append(process.popen.pid)
        return pids

    def watch_once(self) -> None:
        """Start again what has ended since the last look."""
        restarted = False
        for process in self.processes:
            if process.running or time.monotonic() - process.started_at < RESTART_SECONDS:
                continue
            code = process.popen.returncode if process.popen else None
            print(f"{process.name} ended (exit code {code}); starting it again", flush=True)
            process.start()
            restarted = True
        if restarted:
            self.changed(self.pids())

    def stop(self) -> None:
        """Stop in reverse order of starting; kill what has not ended in time."""
        for process in reversed(self.processes):
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in reversed(self.processes):
            if process.popen is None:
                continue
            try:
                process.popen.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.signal(signal.SIGKILL)
                process.popen.wait()


def _die_with_parent() -> None:
    """Linux: have the kernel stop the child when its supervisor is killed."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
