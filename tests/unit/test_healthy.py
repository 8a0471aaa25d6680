"""The containers' health check sees a server that answers, one that does not, and a file that grows old."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.fakes.http_server import serving

SCRIPT = Path(__file__).resolve().parents[2] / "deploy/healthy.py"


class Answering(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    with serving(server):
        yield server


def exit_code(what: str) -> int:
    return subprocess.run([sys.executable, "-IS", str(SCRIPT), what], capture_output=True, check=False).returncode


def test_a_server_is_healthy_while_it_answers_200(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert exit_code(str(server.server_port)) == 0
    monkeypatch.setattr(Answering, "status", 503)
    assert exit_code(str(server.server_port)) == 1


def test_nothing_at_a_port_is_not_healthy(server: HTTPServer) -> None:
    server.shutdown()
    server.server_close()
    assert exit_code(str(server.server_port)) == 1


def test_a_worker_is_healthy_while_its_file_is_touched(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    assert exit_code(str(file)) == 1
    file.touch()
    assert exit_code(str(file)) == 0
    old = time.time() - 60
    os.utime(file, (old, old))
    assert exit_code(str(file)) == 1
