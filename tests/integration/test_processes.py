"""A worker's processes: started, started again, and ended with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

Start = Callable[[int], subprocess.Popen[bytes]]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker is one process")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start(count): the parent of so many processes, in a group of its own as in a deployment."""
    started: list[subprocess.Popen[bytes]] = []

    def start(count: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.fakes.family", str(tmp_path), str(count)]
        started.append(subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL))
        wait_until(lambda: len(seen(tmp_path)) == count)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def seen(directory: Path) -> dict[int, int]:
    """The numbers of the processes that were ever there, by their ids."""
    names = (file.name.split(".") for file in directory.iterdir())
    return {int(pid): int(number) for number, pid in (name for name in names if name[0].isdigit())}


def test_each_number_is_one_process_and_one_that_is_killed_is_started_again(start: Start, tmp_path: Path) -> None:
    start(3)
    first = seen(tmp_path)
    assert sorted(first.values()) == [0, 1, 2]
    killed = next(pid for pid, number in first.items() if number == 1)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(seen(tmp_path)) == 4)
    again = seen(tmp_path)
    assert [number for pid, number in again.items() if pid not in first] == [1]
    assert all(psutil.pid_exists(pid) for pid in again if pid != killed)
    wait_until((tmp_path / "beat").exists)


def test_each_is_told_once_to_end_though_the_whole_group_is_and_the_parent_ends_last(
    start: Start, tmp_path: Path
) -> None:
    parent = start(2)
    os.killpg(parent.pid, signal.SIGTERM)
    assert parent.wait(60) == 0
    for pid, number in seen(tmp_path).items():
        assert not psutil.pid_exists(pid)
        assert (tmp_path / f"{number}.{pid}").read_text() == f"{signal.SIGTERM.value} "


def test_none_is_left_where_the_parent_is_killed(start: Start, tmp_path: Path) -> None:
    start(2).kill()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in seen(tmp_path)))
