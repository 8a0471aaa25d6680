"""What the local stack prints when it is ready: what to copy to ask the first question."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

REAL = """
The AWS Assistant is ready and uses the REAL AWS (USE_REAL_AWS): open {gateway} in a browser.
API documentation: {gateway}/docs

Open a session with a key of yours and the role that the assistant assumes: docs/getting-started.md
Ctrl-C stops everything."""


def first_example(facts: dict[str, Any]) -> str:
    """Two commands to copy: open a session, ask a question. With the real AWS the keys are the reader's to fill in."""
    if "aws_endpoint" not in facts:
        return REAL.format(gateway=facts["gateway"])
    return f"""
The AWS Assistant is ready (sandbox: no real AWS account is read or changed): open {facts["gateway"]} in a browser.
API documentation: {facts["gateway"]}/docs      all addresses and keys: {facts["file"]}

Or in another terminal, in this folder:

./assistant login --sandbox{_directory(facts)}
./assistant chat

Or copy this to ask your first question:

TOKEN=$(curl -s {facts["gateway"]}/v1/sessions -H 'Content-Type: application/json' \\
  -d @{shlex.quote(facts["session_file"])} | python3 -c 'import json,sys; print(json.load(sys.stdin)["token"])')
curl -s {facts["gateway"]}/v1/chat -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"message": "What is my total S3 usage?"}}'

Ctrl-C stops everything."""


def _directory(facts: dict[str, Any]) -> str:
    """The option that names the stack's folder, where that is not the one that is looked into anyway."""
    folder = Path(facts["file"]).parent
    return "" if folder == Path.cwd() / ".local" else f" --directory {shlex.quote(str(folder))}"
