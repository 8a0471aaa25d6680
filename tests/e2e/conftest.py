"""The whole product on this machine, as `make up` runs it, once for all end-to-end tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import User
from tests.e2e.composed import Compose

START_SECONDS = 120
# What a plan says of its cost must not depend on how busy the machine is.
PATIENT = {"PRICE_SECONDS": "60"}


class Running:
    """A started stack: its process, and what its sandbox.json says now."""

    def __init__(self, directory: Path, environment: dict[str, str] | None = None) -> None:
        self.file = directory / "sandbox.json"
        command = [sys.executable, "-m", "sandbox.stack", "up", "--directory", str(directory)]
        self.log = directory.parent / "up.log"
        hidden = ("OPENAI_", "REDIS_", "PORT", "HOST", "USE_REAL_AWS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=kept | PATIENT | (environment or {}), stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while "ask your first question" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.file.read_text())
        return facts

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("stack") / "local")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def user(stack: Running) -> User:
    return User(stack.facts)


@pytest.fixture(scope="session")
def compose() -> Iterator[Compose]:
    """The compose file with two gateways and three info workers, for all tests that need Docker."""
    compose = Compose()
    try:
        compose.up("--build")
        compose.wait_until_ready()
        yield compose
    finally:
        compose.run("down", "--volumes", "--timeout", "5")
