"""A running AWS double, as a process of its own, for the tests in this folder."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

CONFIG = Config(
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
    parameter_validation=False,  # botocore refuses short sessions itself, and would hide what the double does
)


@dataclass(frozen=True)
class Double:
    """Where the double is and its keys."""

    process: subprocess.Popen[bytes]
    state: dict[str, Any]
    log: Path

    @property
    def endpoint(self) -> str:
        return str(self.state["aws_endpoint"])

    @property
    def role_arn(self) -> str:
        return str(self.state["role_arn"])

    def client(self, service: str, keys: dict[str, str], region: str = "us-east-1") -> Any:
        """A client with `access_key_id, secret_access_key, session_token?` or STS's Credentials."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=keys.get("access_key_id") or keys["AccessKeyId"],
            aws_secret_access_key=keys.get("secret_access_key") or keys["SecretAccessKey"],
            aws_session_token=keys.get("session_token") or keys.get("SessionToken"),
            config=CONFIG.merge(Config(signature_version="s3v4")) if service == "s3" else CONFIG,
        )

    def user(self, service: str, region: str = "us-east-1") -> Any:
        return self.client(service, self.state, region)

    def admin(self, service: str, region: str = "us-east-1") -> Any:
        return self.client(service, self.state["admin"], region)

    def new_user(self, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        """Create a user with these permissions and return its access key."""
        iam = self.admin("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
        return dict(iam.create_access_key(UserName=name)["AccessKey"])


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def start_double(folder: Path, *arguments: str, **environment: str) -> Double:
    """Start the double with a free port and wait until it is ready."""
    state, log = folder / "state.json", folder / "aws.log"
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.aws", "--port", "0", "--state", str(state), "--log", str(log), *arguments],
        env={**os.environ, "SANDBOX_MIN_SESSION_SECONDS": "1", **environment},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    line = process.stdout.readline().decode()  # printed once it is ready
    assert line.startswith("AWS double ready"), line
    double = Double(process, json.loads(state.read_text()), log)
    assert httpx.get(f"{double.endpoint}/healthz").status_code == 200
    return double


def stop_double(double: Double) -> int:
    """End it as a supervisor would; returns its exit code."""
    double.process.terminate()
    code = double.process.wait(10)
    assert double.process.stdout is not None
    double.process.stdout.close()
    return code


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    double = start_double(
        tmp_path_factory.mktemp("aws"),
        SANDBOX_ROLE_DELAY_SECONDS="0.5",
        SANDBOX_EVENT_DELAY_SECONDS="0",
        SANDBOX_SLOW_TYPES="AWS::RDS::DBInstance=0,AWS::IAM::Role:CREATE=0",
    )
    yield double
    stop_double(double)


@pytest.fixture
def doubles() -> tuple[Any, Any]:
    """How to start and stop a double of one's own."""
    return start_double, stop_double
