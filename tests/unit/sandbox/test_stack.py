"""How the local stack chooses its port, and how it takes signals."""

from __future__ import annotations

import fcntl
import signal
import socket
from pathlib import Path

import pytest

from sandbox.ports import wanted_port
from sandbox.stack import Stack


def test_a_wanted_port_that_is_taken_is_refused_and_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(RuntimeError, match="in use"):
            wanted_port("PORT")
    assert wanted_port("PORT") == port


@pytest.mark.parametrize("wanted", ["http", "-1", "70000"])
def test_a_port_that_is_none_is_refused(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", wanted)
    with pytest.raises(RuntimeError, match="port number"):
        wanted_port("PORT")


def test_the_first_signal_ends_a_start_and_a_second_does_not_cut_the_stopping_short(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        stack.on_signal(signal.SIGINT, None)
    stack.on_signal(signal.SIGINT, None)


def test_a_second_start_in_one_directory_is_refused_and_leaves_the_first_ones_file(tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_text("{}")
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stack = Stack(tmp_path)
        with pytest.raises(RuntimeError, match="running already"):
            stack.start()
        stack.stop()
    assert (tmp_path / "sandbox.json").exists()
