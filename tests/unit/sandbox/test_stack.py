"""How the local stack chooses its port, and how it takes signals."""

from __future__ import annotations

import fcntl
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.ports import claim_port, free_port, wanted_port
from sandbox.ready import wait_for
from sandbox.stack import Stack, main
from sandbox.welcome import first_example
from shared.keys.private_files import write_private


def test_a_wanted_port_that_is_taken_is_refused_and_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        port = free_port()
        other.bind(("127.0.0.1", port))
        other.listen()
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(RuntimeError, match="in use"):
            wanted_port("PORT")
    assert wanted_port("PORT") == port


def test_two_stacks_that_start_at_the_same_time_get_ports_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = claim_port()  # nothing listens there yet
    script = f"from sandbox.ports import claim_port; print(claim_port(preferred={mine}))"
    others = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout
    assert (claim_port(preferred=mine) != mine, int(others) != mine) == (True, True)
    monkeypatch.setenv("PORT", str(mine))
    with pytest.raises(RuntimeError, match="in use"):
        wanted_port("PORT")


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


def test_what_an_older_version_left_behind_is_named_and_not_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    (tmp_path / "taken").write_text("a file")
    assert main("up", tmp_path / "taken") == 1
    broken = tmp_path / "local" / "keys" / "info"
    broken.mkdir(parents=True)
    (broken / "private_key").write_text("not a key")
    assert main("up", tmp_path / "local") == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.startswith("could not start in") and line.endswith("remove it") for line in said] == [True, True]
    assert ((tmp_path / "local").stat().st_mode & 0o777) == 0o700


def test_the_files_with_a_runs_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "session.json", "{}")
    assert ((tmp_path / "session.json").stat().st_mode & 0o777) == 0o600


def test_the_first_example_names_the_file_of_the_session_and_no_key() -> None:
    facts = {"gateway": "http://g", "aws_endpoint": "http://a", "file": "f", "session_file": "/a b/session.json"}
    said = first_example(facts | {"secret_access_key": "very-secret"})
    assert "-d @'/a b/session.json'" in said
    assert "very-secret" not in said
    assert "REAL AWS" in first_example({"gateway": "http://g", "file": "f"})


class Ended:
    """A process of the stack that ended at once, and one that still runs."""

    def __init__(self, name: str, *, running: bool) -> None:
        self.name, self.running = name, running

    def last_lines(self) -> str:
        return "CONCURRENCY is '0'"


def test_a_worker_that_ends_while_the_gateway_starts_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack(tmp_path)
    processes = [Ended("info_tools", running=False), Ended("orchestrator", running=True)]
    monkeypatch.setattr(stack.supervisor, "processes", processes)
    with pytest.raises(RuntimeError, match="info_tools ended while starting:\nCONCURRENCY is '0'"):
        wait_for(stack.supervisor, "orchestrator", "http://127.0.0.1:9/readyz")
