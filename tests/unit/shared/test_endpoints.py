"""Which AWS a process talks to: found out by asking, and never taken from what a shell exports for other programs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shared.endpoints import WORLDS, aws_world, forget_ambient_aws, model_world
from shared.worker.heartbeats import Heartbeat
from tests.fakes.http_server import serving

ROOT = Path(__file__).parents[3]
Serve = Callable[[int, dict[str, str]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that answers everything with one status and these headers."""
    servers = ExitStack()

    def start(status: int, headers: dict[str, str]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.enter_context(serving(server))
        return f"http://127.0.0.1:{server.server_port}"

    with servers:
        yield start


@pytest.mark.parametrize(
    "url",
    [
        None,
        "https://sts.eu-west-1.amazonaws.com",
        "https://s3.cn-north-1.amazonaws.com.cn",
        "https://ec2.eu-central-1.api.aws",
        "https://vpce-1a2b.sts.us-east-1.vpce.amazonaws.com",
    ],
)
def test_aws_own_addresses_are_the_real_aws(url: str | None) -> None:
    assert aws_world(url) == "real"


@pytest.mark.parametrize("status", [200, 401, 503])
def test_a_server_that_marks_its_answers_is_the_sandbox(serve: Serve, status: int) -> None:
    url = serve(status, {"X-Sandbox": "true"})
    assert (aws_world(url), model_world(f"{url}/v1")) == ("sandbox", "sandbox")


def test_a_server_that_does_not_is_never_called_a_sandbox(serve: Serve) -> None:
    url = serve(200, {"Server": "amazonaws.com"})
    assert (aws_world(url), model_world(f"{url}/v1")) == ("other", "other")


def test_what_does_not_answer_is_not_known() -> None:
    assert aws_world("http://127.0.0.1:1") is None
    assert aws_world("no address") is None


def test_a_name_that_only_ends_like_awss_is_not_aws() -> None:
    assert aws_world("http://evilamazonaws.com.invalid") is None
    assert model_world("http://notopenai.com.invalid/v1") is None


def test_a_heartbeat_is_read_as_it_was_written() -> None:
    beat = Heartbeat("host.1", {"aws": "sandbox", "bedrock": "real"})
    assert Heartbeat.read(beat.member()) == beat
    assert Heartbeat.read("host.1") == Heartbeat("host.1")
    assert Heartbeat.read("host.1 aws=mars colour=blue bedrock=other") == Heartbeat("host.1", {"bedrock": "other"})
    assert len(WORLDS) == 3


def test_only_what_is_documented_of_awss_variables_is_kept() -> None:
    environment = {
        "PATH": "/bin",
        "AWS_ENDPOINT_URL": "http://sandbox-aws:8081",
        "AWS_CA_BUNDLE": "/ca",
        "AWS_ENDPOINT_URL_S3": "http://elsewhere",
        "AWS_PROFILE": "work",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_BEARER_TOKEN_BEDROCK": "token",
        "AWS_CONFIG_FILE": "/home/ann/.aws/config",
    }
    forget_ambient_aws(environment)
    assert environment == {
        "PATH": "/bin",
        "AWS_ENDPOINT_URL": "http://sandbox-aws:8081",
        "AWS_CA_BUNDLE": "/ca",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


CLIENTS = """
from shared.access.guard import READ_ONLY
from shared.aws.clients import ClientCache
from shared.sessions.credentials import Credentials
from shared.endpoints import forget_ambient_aws

forget_ambient_aws()
held = Credentials(access_key_id="AKIASESSION", secret_access_key="s", session_token="t")
for service in ("s3", "sts", "bedrock-runtime"):
    client = ClientCache(READ_ONLY).client(held, service, "eu-west-1")
    used = client._bound.access_key
    print(service, client.meta.endpoint_url, used, client.meta.config.signature_version)
"""


def test_a_real_client_uses_neither_endpoints_nor_keys_of_a_shell_or_a_home(tmp_path: Path) -> None:
    config = tmp_path / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        "[default]\nendpoint_url = http://trap.invalid\nregion = mars-1\n[profile work]\nregion = mars-2\n"
    )
    (config.parent / "credentials").write_text("[default]\naws_access_key_id = AKIAHOME\naws_secret_access_key = s\n")
    ambient = {
        "AWS_ENDPOINT_URL_S3": "http://trap.invalid",
        "AWS_ENDPOINT_URL_STS": "http://trap.invalid",
        "AWS_PROFILE": "nobody",
        "AWS_ACCESS_KEY_ID": "AKIASHELL",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_BEARER_TOKEN_BEDROCK": "a-bearer-token",
    }
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), **ambient}
    done = subprocess.run(
        [sys.executable, "-c", CLIENTS], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.splitlines() if not line.startswith(("{", "20"))]
    assert lines == [
        ["s3", "https://s3.eu-west-1.amazonaws.com", "AKIASESSION", "s3v4"],
        ["sts", "https://sts.eu-west-1.amazonaws.com", "AKIASESSION", "v4"],
        ["bedrock-runtime", "https://bedrock-runtime.eu-west-1.amazonaws.com", "AKIASESSION", "v4"],
    ]
