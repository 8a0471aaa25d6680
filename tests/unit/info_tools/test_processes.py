"""How many processes a worker has: as many as it may use processors, and no more than its container has memory for."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from services.info_tools.processes import HANGS_AFTER_SECONDS, MAX_BY_ITSELF, Parent, count_of, own_file, processors
from services.info_tools.threads import Threads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker is one process")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("max 100000", None),
        ("", None),
        ("a b c", None),
        ("9900000 100000", None),
    ],
)
def test_a_containers_limit_counts_where_it_is_less_than_the_machine_has(
    tmp_path: Path, said: str, expected: int | None
) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(said)
    assert processors(quota) == (expected or len(os.sched_getaffinity(0)))


def test_a_part_of_a_processor_counts_as_one(tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text("150000 100000\n")
    assert processors(quota) == min(2, len(os.sched_getaffinity(0)))


def test_without_a_limit_it_is_what_the_machine_has(tmp_path: Path) -> None:
    assert processors(tmp_path / "none") == len(os.sched_getaffinity(0))


def test_what_is_wanted_counts_and_without_it_there_are_few() -> None:
    assert count_of(5) == 5
    assert count_of(1) == 1
    assert count_of(None) == min(MAX_BY_ITSELF, processors())


def test_each_process_has_a_heartbeat_file_of_its_own_where_there_is_one() -> None:
    assert own_file("/tmp/beat", 1) == "/tmp/beat.1"
    assert own_file(None, 1) is None


def test_processes_share_the_threads_of_a_worker() -> None:
    threads = Threads(most=512, least=4)
    threads.share(2)
    with threads.lent(300) as lent:
        assert lent == 256


def test_a_worker_is_healthy_while_every_process_of_it_says_that_it_is_alive(tmp_path: Path) -> None:
    beat, (first, second) = tmp_path / "beat", (tmp_path / "beat.0", tmp_path / "beat.1")
    parent = Parent(str(beat), {}, running={1001: 0})
    parent.tell_health()
    assert not beat.exists()
    first.touch()
    parent.tell_health()
    assert beat.exists()
    # The other one has begun, and said nothing yet; then it has; then it hangs.
    parent.running[1002] = 1
    beat.unlink()
    parent.tell_health()
    assert not beat.exists()
    second.touch()
    parent.tell_health()
    assert beat.exists()
    beat.unlink()
    os.utime(second, (0, time.time() - HANGS_AFTER_SECONDS - 1))
    parent.tell_health()
    assert not beat.exists()


def test_a_worker_without_processes_is_not_healthy(tmp_path: Path) -> None:
    Parent(str(tmp_path / "beat"), {}).tell_health()
    assert not (tmp_path / "beat").exists()
