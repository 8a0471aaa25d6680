"""Several processes of one worker, so that one large question uses more than one processor (`sharing/`).

    number = one_of(count, heartbeat_file)     # returns in each of the processes; what called it stays in the call

The process that calls is their parent from then on. It forks them when all is imported, so that they share that
memory, and before there are threads, connections or keys in use, which a fork would tear apart. It starts one that
ended again, hands SIGTERM on, waits until all have ended, and touches the heartbeat file while every one of them is
alive. It answers no calls itself. Where it is killed the kernel kills them with it, as one worker that is killed.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

# As many as there are processors, two at most: more of them need more memory than a container is given by default.
MAX_BY_ITSELF = 2
# The first is ready soonest alone; the others begin so much later, when a whole deployment has started.
OTHERS_AFTER_SECONDS = 5.0
RESTART_SECONDS, LOOK_SECONDS = 1.0, 1.0
# A process that has not said so for five heartbeats is not alive.
HANGS_AFTER_SECONDS = 10.0
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_WATCHED = (*_ENDING, signal.SIGCHLD)
_PR_SET_PDEATHSIG = 1
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def processors(quota: Path = _QUOTA) -> int:
    """How many processors this process may use: those it may run on, or fewer where its container has a limit.

    The limit is "QUOTA PERIOD" in microseconds, or "max PERIOD":
    https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
    """
    may = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    try:
        granted, period = quota.read_text().split()
        return may if granted == "max" else max(1, min(may, ceil(int(granted) / int(period))))
    except (OSError, ValueError, ZeroDivisionError):
        return may


def count_of(wanted: int | None) -> int:
    """How many processes there are to be. Elsewhere than on Linux one: they would outlive a parent that is killed."""
    if sys.platform != "linux":
        return 1
    return wanted or min(MAX_BY_ITSELF, processors())


def own_file(heartbeat_file: str | None, number: int) -> str | None:
    """The heartbeat file of one process."""
    return f"{heartbeat_file}.{number}" if heartbeat_file else None


def one_of(count: int, heartbeat_file: str | None, others_after: float = OTHERS_AFTER_SECONDS) -> int:
    """Become the parent of so many processes. Returns in each of them its number, from 0; SystemExit in the parent."""
    # What is looked through for cycles is written to, and no longer shared.
    gc.collect()
    gc.freeze()
    now = time.monotonic()
    begin = {number: now + others_after * bool(number) for number in range(count)}
    return Parent(heartbeat_file, begin).run()


@dataclass(slots=True)
class Parent:
    """Of processes with numbers."""

    heartbeat_file: str | None
    # When each number may begin (again), in monotonic seconds; and the numbers of those that run, by process id.
    not_before: dict[int, float]
    running: dict[int, int] = field(default_factory=dict)
    ending: bool = False

    def run(self) -> int:
        """As `one_of`."""
        # Taken one by one below, so that none is lost between two looks.
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        while True:
            for number, at in self.not_before.items():
                if number not in self.running.values() and time.monotonic() >= at and self._fork(number):
                    return number
            taken = signal.sigtimedwait(_WATCHED, LOOK_SECONDS)
            if taken and taken.si_signo in _ENDING:
                self._end(taken.si_signo)
            self._reap()
            self.tell_health()

    def _fork(self, number: int) -> bool:
        """Whether this is the new process."""
        parent = os.getpid()
        self.not_before[number] = time.monotonic() + RESTART_SECONDS
        if file := own_file(self.heartbeat_file, number):
            Path(file).unlink(missing_ok=True)
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            self.running[pid] = number
            return False
        # A group of its own: who signals the parent's whole group would signal it twice, and cut its calls off.
        os.setpgid(0, 0)
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        if os.getppid() != parent:  # it was killed in between
            os._exit(1)
        return True

    def _reap(self) -> None:
        while self.running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            say = log.info if self.ending else log.warning
            say("process_ended", number=self.running.pop(pid), exit_code=os.waitstatus_to_exitcode(status))

    def tell_health(self) -> None:
        """Touch the heartbeat file, where every process that runs has touched its own lately."""
        if self.heartbeat_file and all(map(self._is_alive, self.running.values())) and self.running:
            Path(self.heartbeat_file).touch()

    def _is_alive(self, number: int) -> bool:
        try:
            return time.time() - Path(own_file(self.heartbeat_file, number) or "").stat().st_mtime < HANGS_AFTER_SECONDS
        except OSError:
            return False

    def _end(self, number: int) -> None:
        """Hand the signal on, and each one that comes after it, until all have ended."""
        self.ending = True
        while self.running:
            if number in _ENDING:
                for pid in self.running:
                    os.kill(pid, number)
            taken = signal.sigtimedwait(_WATCHED, LOOK_SECONDS)
            number = taken.si_signo if taken else 0
            self._reap()
        sys.exit(0)
