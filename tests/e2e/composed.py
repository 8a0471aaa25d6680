"""The compose file under a name and ports of its own, for the tests that start it."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.ports import claim_port

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 180


def docker_answers() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


DOCKER = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers here"),
]


class Compose:
    """The project's compose file with its TLS profile."""

    def __init__(self) -> None:
        self.project = f"assistant-test-{uuid.uuid4().hex[:6]}"
        self.gateway, self.aws, self.tls = claim_port(), claim_port(), claim_port()
        # What a developer's own .env would set must not turn the test real.
        ports = {"GATEWAY_PORT": str(self.gateway), "SANDBOX_AWS_PORT": str(self.aws), "TLS_PORT": str(self.tls)}
        unset = dict.fromkeys(
            ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "USE_REAL_AWS", "TLS_CERTIFICATE_DIRECTORY"), ""
        )
        self.environment = os.environ | unset | ports
        self.scale = {"orchestrator": 2, "info_tools": 3}

    def run(self, *arguments: str) -> str:
        command = ["docker", "compose", "-p", self.project, "--profile", "tls", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr[-4000:]}"
        return done.stdout

    def up(self, *arguments: str) -> None:
        """Start what is not there as it should be, at the present scale."""
        scale = [word for name, count in self.scale.items() for word in ("--scale", f"{name}={count}")]
        self.run("up", "--detach", *scale, *arguments)

    def containers(self, service: str) -> list[str]:
        """The running containers of a service, by id."""
        return self.run("ps", "-q", service).split()

    def all_containers(self) -> dict[str, str]:
        """Every container, also one that has ended: its name by its id."""
        listed = [json.loads(line) for line in self.run("ps", "--all", "--format", "json").splitlines()]
        return {found["ID"]: found["Name"] for found in listed}

    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.run("exec", "-T", "sandbox-aws", "cat", "/var/lib/sandbox/aws.json"))
        return facts | {
            "gateway": f"http://127.0.0.1:{self.gateway}",
            "aws_endpoint": f"http://127.0.0.1:{self.aws}",
        }

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{self.gateway}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, self.run("logs", "--tail", "40")
            time.sleep(0.5)

    def wait_until_healthy(self, *containers: str) -> None:
        """Wait until these containers are healthy, and a little longer, so that the proxies know it."""
        deadline = time.monotonic() + READY_SECONDS
        command = ["docker", "inspect", "--format", "{{.State.Health.Status}}", *containers]
        while set(subprocess.check_output(command, text=True).split()) != {"healthy"}:
            assert time.monotonic() < deadline, self.run("logs", "--tail", "40")
            time.sleep(0.5)
        time.sleep(3)
