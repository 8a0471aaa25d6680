"""Leaves out the copies of a row that other regions list, such as CloudTrail's shadow trails of a multi-region trail.

A copy is the same as the row of its home region, and its ARN names that region. Rows without a region in an ARN of
theirs are never left out: an instance type is offered in many regions, and each of them counts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from services.info_tools.reading.rows import REGION, Part
from shared.results.rows import Rows

_HOME = re.compile(rb'"[A-Za-z]*[Aa][Rr][Nn]":"arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}(?:-[a-z]+)+-\d):')
_MARK = f',"{REGION}":"'.encode()


def without_shadows(found: Sequence[tuple[str, Part]]) -> int:
    """Take rows that another region has as its own out of the parts; return how many."""
    if len(found) < 2:
        return 0
    own = {
        _digest(line)
        for region, part in found
        for rows in part.lists.values()
        for line in rows.lines()
        if _home(line) == region
    }
    left_out = 0
    for region, part in found:
        for path, rows in part.lists.items():
            kept = [line for line in rows.lines() if _home(line) in (None, region) or _digest(line) not in own]
            if len(kept) < len(rows):
                left_out += len(rows) - len(kept)
                part.lists[path] = Rows()
                part.lists[path].extend_lines(kept)
    return left_out


def _home(line: bytes) -> str | None:
    """The region that the row's first ARN names."""
    found = _HOME.search(line)
    return found[1].decode() if found else None


def _digest(line: bytes) -> bytes:
    """Of the row without its region."""
    return hashlib.sha256(line.rpartition(_MARK)[0]).digest()[:16]
