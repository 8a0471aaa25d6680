"""What the local stack prints when it is ready: what to copy to ask the first question."""

from __future__ import annotations

import shlex
from typing import Any

REAL = """
The AWS Assistant is ready and uses the REAL AWS (USE_REAL_AWS): open {gateway} in a browser.
API documentation: {gateway}/docs

Open a session with a key of yours and the role that the assistant assumes: README, "With real keys", step 3.
Ctrl-C stops everything."""


def first_example(facts: dict[str, Any]) -> str:
    """Two commands to copy: open a session, ask a question. With the real AWS the keys are the reader's to fill in."""
    if "aws_endpoint" not in facts:
        return REAL.format(gateway=facts["gateway"])
    return f"""
The AWS Assistant is ready (sandbox: no real AWS account is read or changed): open {facts["gateway"]} in a browser.
API documentation: {facts["gateway"]}/docs      all addresses and keys: {facts["file"]}

Or copy this to ask your first question:

TOKEN=$(curl -s {facts["gateway"]}/v1/sessions -H 'Content-Type: application/json' \\
  -d @{shlex.quote(facts["session_file"])} | python3 -c 'import json,sys; print(json.load(sys.stdin)["token"])')
curl -s {facts["gateway"]}/v1/chat -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"message": "What is my total S3 usage?"}}'

Ctrl-C stops everything."""
