"""What every generator ends with: write its files, or say which of them are not as the code would make them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path


def between(text: str, begin: str, end: str, made: str) -> str:
    """The text with what stands between two marks made anew."""
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{made}{end}{after}"


def write_or_check(files: Mapping[Path, str], command: str, *, check: bool) -> int:
    """Write the files; with `check` write nothing, and name those that `command` would change.

    Returns the exit code: 1 where `check` finds a file that is missing or not fresh.
    """
    if not check:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [path.name for path, text in files.items() if not _is(path, text)]
    if stale:
        print(f"not fresh: {', '.join(stale)}; run `{command}`", file=sys.stderr)
    return 1 if stale else 0


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text
