"""The tools against the sandbox's Bedrock, started as its own process."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from sandbox.ports import claim_port
from services.bedrock_advisor.clients import bedrock_clients
from services.bedrock_advisor.context import AdvisorContext
from services.bedrock_advisor.settings import AdvisorSettings
from services.bedrock_advisor.tools import toolbox
from shared.aws.clients import Aws

from .conftest import agent_session

S3 = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


@pytest.fixture(scope="module")
def bedrock_url() -> Iterator[str]:
    port = claim_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "-m", "sandbox.bedrock_api", "--port", str(port)])
    try:
        for _ in range(100):
            if answers(f"{url}/healthz"):
                break
            assert process.poll() is None, "the sandbox's Bedrock did not start"
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def context(bedrock_url: str, monkeypatch: pytest.MonkeyPatch) -> AdvisorContext:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock_url)
    aws = Aws(agent_session(), time.time() + 60, cache=bedrock_clients(20))
    return AdvisorContext(aws=aws, settings=AdvisorSettings())


def test_a_policy_is_explained(context: AdvisorContext) -> None:
    explained = toolbox["explain_policy_with_claude"].call(context, {"policy_json": S3})
    assert explained.reviewed, explained.reason_not_reviewed
    assert len(explained.statements) == 1
    assert explained.risks
    assert not context.gaps


def test_a_policy_is_narrowed(context: AdvisorContext) -> None:
    result = toolbox["optimize_policy"].call(context, {"policy_json": S3, "intent": "read and write objects"})
    assert result.reviewed, result.reason_not_reviewed
    assert result.suggested_policy, result.reason_no_suggestion
    assert len(result.findings_after) < len(result.findings_before)


def test_a_plan_is_reviewed(context: AdvisorContext) -> None:
    policies: list[JsonValue] = [
        {"name": "AmazonS3FullAccess", "kind": "identity", "step": "attach", "managed_arn": S3_FULL}
    ]
    review = toolbox["review_plan"].call(context, {"goal": "a role with S3 full access", "policies": policies})
    assert review.status == "reviewed", review.reason
    assert review.verdict in ("concerns", "dangerous")
    assert review.suggested_policy, review.suggestions
