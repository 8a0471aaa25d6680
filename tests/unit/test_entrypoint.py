"""The images' entry point chooses between the sandbox and the real AWS by what USE_REAL_AWS means."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ENTRYPOINT = Path(__file__).parents[2] / "deploy/entrypoint.sh"
SANDBOX = {
    "SANDBOX_AWS_URL": "http://sandbox-aws:8081",
    "SANDBOX_BEDROCK_URL": "http://sandbox-bedrock:8083",
    "SANDBOX_OPENAI_URL": "http://sandbox-openai:8082/v1",
}


def run(**given: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"]} | SANDBOX | given
    return subprocess.run(["sh", str(ENTRYPOINT), "env"], env=environment, capture_output=True, text=True, check=False)


def started_with(**given: str) -> dict[str, str]:
    done = run(**given)
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize("word", ["", "no", "No", "false", "FALSE", "0", "off", " no "])
def test_a_word_that_means_no_is_the_sandbox(word: str) -> None:
    environment = started_with(USE_REAL_AWS=word)
    assert environment["AWS_ENDPOINT_URL"] == SANDBOX["SANDBOX_AWS_URL"]
    assert environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == SANDBOX["SANDBOX_BEDROCK_URL"]


@pytest.mark.parametrize("word", ["yes", "YES", "true", "1", "on"])
def test_a_word_that_means_yes_is_the_real_aws(word: str) -> None:
    assert "AWS_ENDPOINT_URL" not in started_with(USE_REAL_AWS=word)


def test_another_word_stops_the_start_with_a_sentence() -> None:
    done = run(USE_REAL_AWS="maybe")
    assert done.returncode != 0
    assert done.stderr.strip() == "USE_REAL_AWS is 'maybe'; write yes, true, on or 1, or no, false, off or 0"


def test_a_proxy_in_front_of_the_sandbox_is_kept() -> None:
    assert started_with(AWS_ENDPOINT_URL="http://proxy:1")["AWS_ENDPOINT_URL"] == "http://proxy:1"


def test_a_model_of_ones_own_is_kept() -> None:
    assert "OPENAI_BASE_URL" not in started_with(OPENAI_API_KEY="sk")
    assert started_with(OPENAI_BASE_URL="http://llm:1/v1")["OPENAI_BASE_URL"] == "http://llm:1/v1"
    assert started_with()["OPENAI_BASE_URL"] == SANDBOX["SANDBOX_OPENAI_URL"]
