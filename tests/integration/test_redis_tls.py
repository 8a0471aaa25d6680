"""`rediss://`: gateway and worker reach Redis over TLS, verify its certificate, and refuse another's."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis.exceptions import ConnectionError as RedisConnectionError

from services.orchestrator.gateway import connect as connect_gateway
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.workers.dispatch import Dispatcher
from shared.broker.client import connect as connect_worker
from shared.broker.tls import broker_options, client_options
from shared.errors import AssistantError
from tests.fakes import audit_keys
from tests.fakes.broker import Broker
from tests.fakes.workers import ask
from tests.integration.conftest import PRIVATE_KEY, SESSION, SIGNING_KEY


@dataclass(frozen=True)
class Certificate:
    certificate: Path
    key: Path


def certificate(folder: Path, name: str, host: str = "127.0.0.1") -> Certificate:
    """A self-signed certificate for an address; it is its own CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    files.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


class TlsForwarder:
    """Ends TLS in front of the broker, as a managed Redis's proxy does; a thread with a loop of its own."""

    def __init__(self, to_port: int, files: Certificate) -> None:
        self._to_port, self.accepted, self.port = to_port, 0, 0
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(files.certificate, files.key)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        await asyncio.gather(_copy(reader, server_writer), _copy(server_reader, writer))

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _hang_up(self) -> None:
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
def files(tmp_path: Path) -> Certificate:
    return certificate(tmp_path, "redis")


@pytest.fixture
def tls(broker: Broker, files: Certificate) -> Iterator[TlsForwarder]:
    forwarder = TlsForwarder(broker.port, files)
    yield forwarder
    forwarder.close()


@pytest.fixture
def environment(broker: Broker, tls: TlsForwarder, files: Certificate) -> dict[str, str]:
    return {
        "REDIS_URL": f"rediss://:{broker.password}@127.0.0.1:{tls.port}/0",
        "REDIS_CA_FILE": str(files.certificate),
    }


@pytest.fixture
def worker(broker: Broker, environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker that has the TLS address only; what its tools count for the tests is beside it."""
    counters = f"redis://:{broker.password}@127.0.0.1:{broker.port}/0"
    keys = {"SIGNING_KEY": SIGNING_KEY, "PRIVATE_KEY": PRIVATE_KEY, "CONCURRENCY": "4", "COUNTERS_URL": counters}
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.echo_worker"],
            env=os.environ | environment | keys,
            stdout=out,
            stderr=out,
        )
    deadline = time.monotonic() + 30
    while not broker.client().zcard("workers:info"):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    yield process
    process.kill()
    process.wait()


def settings(environment: dict[str, str]) -> GatewaySettings:
    keys: dict[str, Any] = {
        name: "unused" for name, field in GatewaySettings.model_fields.items() if field.is_required()
    }
    return GatewaySettings(**keys | audit_keys.SETTINGS | {name.lower(): value for name, value in environment.items()})


@pytest.fixture
async def dispatcher(environment: dict[str, str]) -> AsyncIterator[Dispatcher]:
    """The gateway's side, over TLS too."""
    redis = connect_gateway(settings(environment))
    dispatcher = Dispatcher(redis, {"info": SIGNING_KEY.encode()})
    await dispatcher.start()
    yield dispatcher
    await dispatcher.stop()
    await redis.aclose()


@pytest.mark.usefixtures("worker")
async def test_a_call_is_answered_with_tls_on_both_sides(dispatcher: Dispatcher, tls: TlsForwarder) -> None:
    result = await ask(dispatcher, "info", "echo", {"text": "over TLS"}, session_id=SESSION)

    assert result.error is None
    assert isinstance(result.result, dict)
    assert result.result["text"] == "over TLS"
    # The worker's kombu and redis-py, and the gateway's redis.asyncio.
    assert tls.accepted >= 3


async def test_a_certificate_of_an_unknown_ca_is_refused(environment: dict[str, str]) -> None:
    unknown = settings({"REDIS_URL": environment["REDIS_URL"]})
    gateway = connect_gateway(unknown)

    with pytest.raises(RedisConnectionError, match="certificate verify failed"):
        await gateway.ping()
    await gateway.aclose()
    with pytest.raises(RedisConnectionError, match="certificate verify failed"):
        connect_worker(unknown, 2).ping()


def test_a_certificate_for_another_name_is_refused(broker: Broker, tmp_path: Path) -> None:
    files = certificate(tmp_path, "elsewhere", host="192.0.2.1")
    forwarder = TlsForwarder(broker.port, files)
    url = f"rediss://:{broker.password}@127.0.0.1:{forwarder.port}/0"
    try:
        with pytest.raises(RedisConnectionError, match="certificate verify failed"):
            connect_worker(settings({"REDIS_URL": url, "REDIS_CA_FILE": str(files.certificate)}), 2).ping()
    finally:
        forwarder.close()


def test_without_tls_nothing_is_added() -> None:
    assert client_options("redis://127.0.0.1:6379/0", None) == broker_options("redis://127.0.0.1:6379/0", None) == {}


@pytest.mark.parametrize("value", ["none", "CERT_NONE", "optional"])
def test_a_url_cannot_turn_the_check_off(value: str) -> None:
    with pytest.raises(AssistantError):
        client_options(f"rediss://127.0.0.1:6379/0?ssl_cert_reqs={value}", None)
