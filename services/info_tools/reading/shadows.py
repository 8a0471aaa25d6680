"""Leaves out what a region shows of another one, such as a trail of several regions, which every region lists.

Such a row is the same as one of its home region, and its ARN names that region. Rows without a region in an ARN of
theirs are never left out: an instance type is offered in many regions, and each of them counts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from services.info_tools.reading.rows import REGION, Part
from shared.results.rows import Rows

_HOME = re.compile(rb'"[A-Za-z]*[Aa][Rr][Nn]":"arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}(?:-[a-z]+)+-\d):')
_MARK = f',"{REGION}":"'.encode()


def without_shadows(found: Sequence[tuple[str, Part]]) -> int:
    """Take rows that another region has as its own out of the parts; return how many."""
    if len(found) < 2:
        return 0
    own = {_digest(line) for _, line, home, region in _rows(found) if home == region}
    left_out = 0
    for where, part in found:
        for path, rows in part.lists.items():
            kept = [
                line
                for _, line, home, region in _rows([(where, part)], path)
                if not _is_shadow(line, home, region, own)
            ]
            if len(kept) < len(rows):
                left_out += len(rows) - len(kept)
                part.lists[path] = Rows()
                part.lists[path].extend_lines(kept)
    return left_out


def _rows(found: Sequence[tuple[str, Part]], of: str | None = None) -> Iterator[tuple[str, bytes, bytes | None, bytes]]:
    """Path, line, the region that its first ARN names, and the region that gave it."""
    for where, part in found:
        for path in part.lists if of is None else [of]:
            for line in part.lists[path].lines():
                home = _HOME.search(line)
                yield path, line, home[1] if home else None, where.encode()


def _is_shadow(line: bytes, home: bytes | None, region: bytes, own: set[bytes]) -> bool:
    return home is not None and home != region and _digest(line) in own


def _digest(line: bytes) -> bytes:
    """Of the row without its region."""
    return hashlib.sha256(line.rpartition(_MARK)[0]).digest()[:16]
