"""The body of POST /v1/sessions for the sandbox's user: `python -m sandbox.session_body [STATE]` prints it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.keys.private_files import write_private

FIELDS = ("access_key_id", "secret_access_key", "role_arn", "region")
# Where the image's sandbox keeps its state.
STATE = Path("/var/lib/sandbox/aws.json")


def session_body(state: Mapping[str, Any]) -> str:
    """The JSON object, from what the sandbox's AWS wrote when it started."""
    return json.dumps({field: state[field] for field in FIELDS})


def write_session_body(state: Path, file: Path) -> None:
    """Write the body into a file that its owner alone can read, in one step."""
    write_private(file, session_body(json.loads(state.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    print(session_body(json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else STATE).read_text(encoding="utf-8"))))
