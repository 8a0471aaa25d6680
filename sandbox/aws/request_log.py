"""The sandbox's AWS log: one JSON line per request, as CloudTrail would know it."""

import json
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock


class RequestLog:
    """Appends to a file; writes nothing without one."""

    def __init__(self, path: Path | None) -> None:
        self._lock = Lock()
        self._lines: deque[str] = deque()
        self._file = path.open("a", encoding="utf-8") if path else None

    def note(self, entry: Mapping[str, object]) -> None:
        """Keep one request's line; the order of notes is the order of lines."""
        if self._file is not None:
            self._lines.append(json.dumps({"time": datetime.now(UTC).isoformat(), **entry}) + "\n")

    def flush(self) -> None:
        """Write what was noted, so that a reader sees a line as soon as its request was answered.

        Apart from `note`: writing lets other threads run, and one that others wait for had better not do it.
        """
        if self._file is None:
            return
        with self._lock:
            while self._lines:
                self._file.write(self._lines.popleft())
            self._file.flush()
