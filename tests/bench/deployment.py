"""The whole product on this machine, as `make up` starts it, with doubles of AWS and the model that cost nothing.

with deployment(directory) as running:
    running.token, running.pids("orchestrator"), …
"""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis import Redis

from sandbox.ports import claim_port
from sandbox.ready import wait_for
from sandbox.stack import Stack
from tests.bench.model_double import MILLISECONDS as MODEL_MILLISECONDS

AWS_MILLISECONDS = 80.0
# The way is the same; only that nobody is refused for asking as often as a benchmark does.
SETTINGS = {
    "ALLOW_UNVERIFIED_CREDENTIALS": "yes",
    "REQUESTS_PER_MINUTE": "10000000",
    "SESSIONS_PER_MINUTE": "10000",
    "OPENAI_MODEL": "bench",
}


class BenchStack(Stack):
    """`wraps` names services by what runs them instead: a command that gets the module and its arguments."""

    def __init__(self, directory: Path, wraps: Mapping[str, list[str]]) -> None:
        super().__init__(directory)
        self._wraps = wraps

    def _module(self, name: str, module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        command = self._wraps.get(name)
        if command is None:
            super()._module(name, module, *arguments, environment=environment)
        else:
            self._spawn(name, [sys.executable, "-m", *command, *arguments], environment or {})

    def _start_aws(self) -> None:
        port = claim_port()
        self._module("sandbox_aws", "tests.bench.small_aws", "--port", str(port))
        self._aws_listens = f"http://127.0.0.1:{port}"
        self.facts["aws_endpoint"] = self.facts["bedrock_endpoint"] = self._aws_listens

    def _aws_keys(self) -> dict[str, Any]:
        keys = {"access_key_id": "AKIABENCHBENCHBENCH0", "secret_access_key": "s" * 40, "region": "us-east-1"}
        return keys | {"role_arn": None}

    def _start_model(self) -> None:
        port = claim_port()
        self._module("bench_model", "tests.bench.model_double", "--port", str(port))
        self.facts["openai_base_url"] = f"http://127.0.0.1:{port}/v1"

    def _wait_until_ready(self, *, real_aws: bool) -> None:
        """For the services; the doubles are there long before."""
        wait_for(self.supervisor, "sandbox_aws", f"{self._aws_listens}/healthz")
        self.facts |= self._aws_keys()
        for gateway in self.facts["gateways"]:
            wait_for(self.supervisor, "orchestrator", f"{gateway}/readyz")


class Running:
    """A started deployment, and a session in it."""

    def __init__(self, stack: BenchStack) -> None:
        self._stack, self.gateway = stack, stack.facts["gateway"]
        self.redis = Redis.from_url(stack.facts["redis_url"], decode_responses=True)
        keys = {name: stack.facts[name] for name in ("access_key_id", "secret_access_key", "region")}
        self.token: str = self.ask("POST", "/v1/sessions", keys | {"regions": ["us-east-1"]})["token"]

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.gateway)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    @property
    def model_url(self) -> str:
        return str(self._stack.facts["openai_base_url"])

    def pid(self, service: str) -> int:
        return self._stack.supervisor.pids()[service][0]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request, on a connection of its own. Raises RuntimeError where it fails."""
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)

    @property
    def headers(self) -> dict[str, str]:
        token = getattr(self, "token", "")
        given = {"Content-Type": "application/json"}
        return given | ({"Authorization": f"Bearer {token}"} if token else {})


@contextmanager
def deployment(directory: Path, wraps: Mapping[str, list[str]] | None = None) -> Iterator[Running]:
    """Start it, open a session, stop it at the end."""
    before = dict(os.environ)
    for name in ("REDIS_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "USE_REAL_AWS", "PORT"):
        os.environ.pop(name, None)
    os.environ.update(SETTINGS)
    stack = BenchStack(directory, wraps or {})
    try:
        stack.start()
        yield Running(stack)
    finally:
        stack.stop()
        os.environ.clear()
        os.environ.update(before)


__all__ = ["AWS_MILLISECONDS", "MODEL_MILLISECONDS", "Running", "deployment"]
