"""Sends requests that schemathesis generates from the OpenAPI document to a running gateway, and checks every answer.

    python -m tests.e2e.fuzzing --examples 200 --seconds 1800      # `make fuzz` does this with a stack of its own

Checked: no 5xx; status, content type, headers and body as documented; what does not fit the document is refused;
a wrong method is 405; no answer without a token.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.e2e.client import User
from tests.e2e.conftest import Running

# It would end the session that all other requests are made with.
ENDS_THE_SESSION = "close_session_v1_sessions_current_delete"
NOT_CHECKED = ",".join(
    (
        # Half of what fits the document is refused all the same: there is no such plan, bucket or role.
        "positive_data_acceptance",
        # A POST sent again with the same Idempotency-Key answers 201 with what the first one made, which another
        # request may have deleted since: a DELETE of it is 404 by contract. Keys that are generated come twice.
        "ensure_resource_availability",
    )
)
# Two threads that parse Python at once fail by chance on Python 3.11 (python/cpython#106905), and hypothesis parses.
WORKERS = "1"
# So many requests that none of them is refused for their number.
LIMITS = {"REQUESTS_PER_MINUTE": "1000000", "SESSIONS_PER_MINUTE": "1000000"}


def fuzz(user: User, examples: int, seconds: int, *more: str) -> subprocess.CompletedProcess[str]:
    """Run schemathesis; its exit code is 0 where it found nothing."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{user.facts['gateway']}/openapi.json"),
        *("--header", f"Authorization: Bearer {user.session['token']}"),
        *("--exclude-operation-id", ENDS_THE_SESSION, "--exclude-checks", NOT_CHECKED),
        *("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(examples)),
        *("--max-time", str(seconds), "--workers", WORKERS, "--no-shrink", "--continue-on-failure"),
        *("--request-timeout", "130", "--warnings", "off", "--no-color", *more),
    ]
    environment = os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    with tempfile.TemporaryDirectory() as directory:
        return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=1800)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        running = Running(Path(directory) / "local", LIMITS)
        try:
            done = fuzz(User(running.facts), options.examples, options.seconds)
        finally:
            running.stop()
    print(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
