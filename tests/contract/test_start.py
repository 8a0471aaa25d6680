"""What no process waits for before it is ready: it is imported when somebody needs it, or in the background."""

from __future__ import annotations

import subprocess
import sys

import pytest

WORKER = ("shared.worker.consumer",)
# Of a process: what it imports until it is ready, and what of that takes long and is not needed by then.
PROCESSES = {
    "orchestrator": (
        ("services.orchestrator.app",),
        ("openai", "mcp", "celery", "kombu", "rich", "httpx", "iam_validator", "jsonschema"),
    ),
    "info_tools": (
        ("services.info_tools.tools", *WORKER),
        ("fastapi", "starlette", "openai", "rich", "httpx", "iam_validator", "jsonschema"),
    ),
    "executor": (
        ("services.executor.tools", *WORKER),
        ("fastapi", "starlette", "openai", "rich", "httpx", "iam_validator", "jsonschema", "regex"),
    ),
    "bedrock_advisor": (
        ("services.bedrock_advisor.tools", *WORKER),
        ("fastapi", "starlette", "openai", "rich", "httpx", "iam_validator", "jsonschema"),
    ),
    "redis_functions": (("shared.broker.library",), ("boto3", "botocore", "celery", "fastapi", "rich", "shared.plans")),
    "sandbox_openai": (("sandbox.openai_api",), ("fastapi", "boto3", "moto", "openai", "rich", "celery")),
    "sandbox_bedrock": (("sandbox.bedrock_api",), ("fastapi", "boto3", "moto", "rich", "celery")),
    "sandbox.stack": (("sandbox.stack",), ("pydantic", "redis", "valkey", "nacl", "boto3", "sandbox.demo")),
}


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_ready_without_what_it_does_not_need_yet(process: str) -> None:
    modules, late = PROCESSES[process]
    program = (
        "import sys; from shared import startup; startup.begin();"
        f"[__import__(name) for name in {modules!r}]; startup.end();"
        f"print([name for name in {late!r} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_what_checks_a_message_can_be_made_later_wherever_that_is() -> None:
    """A type that is not known when its module is imported would be looked up where the first message comes."""
    program = (
        "import services.orchestrator.app, services.executor.tools, services.info_tools.tools\n"
        "import services.bedrock_advisor.tools\n"
        "from shared.messages import Message\n"
        "from services.orchestrator.rest import RestModel\n"
        "found = [Message, RestModel]\n"
        "for one in found: found += one.__subclasses__()\n"
        "print(len(found) > 200, [one.__qualname__ for one in found if not one.__pydantic_fields_complete__])\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "True []"
