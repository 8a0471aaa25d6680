"""The files that pages load, read once: none is looked for by a name that a client gives."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).with_name("static")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """`version` is of the content: a page names it, so that a browser may keep the file for ever."""

    content: bytes
    media_type: str
    version: str


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    return StaticFile(content, _TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:16])


FILES: Mapping[str, StaticFile] = {
    path.name: _read(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES
}


def address(name: str) -> str:
    """Where a page loads the file from."""
    return f"/static/{name}?v={FILES[name].version}"
