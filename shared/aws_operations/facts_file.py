"""Generated files of facts, `operations.db` and `types.db`: SQLite, opened for reading alone; a blob is packed JSON."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """The file, opened for reading alone; it is never written while somebody reads it."""
    database = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    try:
        yield database
    finally:
        database.close()


def packed(value: object) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), 9)


def unpacked(blob: bytes) -> Any:
    return json.loads(zlib.decompress(blob))
