"""The shell blocks of the documents, with what their markers say.

A marker is an HTML comment on the line before a block, which no reader sees:

    <!-- shell: background until "TEXT" -->    runs until the documents are done; ready when TEXT was printed
    <!-- shell: docker -->                     runs where a Docker engine answers
    <!-- shell: syntax, because REASON -->     is only read: its syntax is right, and its variables are assigned before

They can be joined with a comma. A block without a marker runs as it is written.
"""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# README first: it starts what the others ask.
DOCUMENTS = (
    "README.md",
    *sorted(str(one.relative_to(ROOT)) for one in (ROOT / "docs").rglob("*.md")),
    "CONTRIBUTING.md",
)
_BLOCK = re.compile(
    r"(?:^[ ]*<!-- shell: (?P<marker>.*?) -->\n)?"
    r"^[ ]*```(?:sh|bash|console|shell)\n(?P<code>.*?)^[ ]*```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_MARKER = re.compile(r'docker|background until "(?P<until>[^"]+)"|syntax, because .+')
_USED = re.compile(r"\$\{?([A-Z][A-Z_0-9]*)")
_ASSIGNED = re.compile(r"(?:^|[\s;(&|])([A-Z][A-Z_0-9]*)=")
# What every shell has.
_ALWAYS = {"PATH", "HOME", "PWD", "USER", "SHELL"}


@dataclass(frozen=True)
class Block:
    document: str
    line: int
    code: str
    docker: bool = False
    until: str | None = None
    syntax_only: bool = False

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks_of(document: str, text: str | None = None) -> list[Block]:
    """The document's shell blocks, in order. Raises ValueError for a marker that says something else."""
    text = (ROOT / document).read_text(encoding="utf-8") if text is None else text
    found = []
    for match in _BLOCK.finditer(text):
        docker, until, syntax = _read(match["marker"])
        line = text.count("\n", 0, match.start("code")) + 1
        found.append(Block(document, line, textwrap.dedent(match["code"]), docker, until, syntax))
    return found


def _read(marker: str | None) -> tuple[bool, str | None, bool]:
    if marker is None:
        return False, None, False
    position, docker, until, syntax = 0, False, None, False
    while position < len(marker):
        match = _MARKER.match(marker, position)
        if match is None:
            raise ValueError(f"no marker of a shell block: {marker}")
        docker, until = docker or match[0] == "docker", until or match["until"]
        syntax = syntax or match[0].startswith("syntax")
        position = match.end() + len(", ")
    return docker, until, syntax


def all_blocks() -> Iterator[Block]:
    for document in DOCUMENTS:
        yield from blocks_of(document)


def unassigned(blocks: list[Block]) -> list[str]:
    """Variables that a block of one document uses and no block before it, nor itself, assigns."""
    known, missing = set(_ALWAYS), []
    for block in blocks:
        known |= set(_ASSIGNED.findall(block.code))
        missing += [f"{block}: ${name}" for name in dict.fromkeys(_USED.findall(block.code)) if name not in known]
    return missing


def syntax_error(block: Block) -> str | None:
    """What bash says of the block, None where it can be read."""
    done = subprocess.run(["bash", "-n"], input=block.code, capture_output=True, text=True, check=False)
    return f"{block}: {done.stderr.strip()}" if done.returncode else None
