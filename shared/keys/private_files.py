"""Files that hold keys or tokens: readable by their owner alone, and never half written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file with mode 0600; a reader finds the old file or the new one, also after a crash. Raises OSError.

    The folder must exist. Several processes may write the same file: the last one's stays.
    """
    # A file of its own for every writer, made anew with mode 0600 (`mkstemp`).
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
