"""The sandbox's AWS log: one JSON line per request, as CloudTrail would know it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock


class RequestLog:
    """Appends to a file; writes nothing without one."""

    def __init__(self, path: Path | None) -> None:
        self._lock = Lock()
        # Line-buffered, so a reader sees a line as soon as its request was answered.
        self._file = path.open("a", buffering=1, encoding="utf-8") if path else None

    def write(self, entry: Mapping[str, object]) -> None:
        """Write one request's line."""
        if self._file is None:
            return
        line = json.dumps({"time": datetime.now(UTC).isoformat(), **entry})
        with self._lock:
            self._file.write(line + "\n")
