"""Whether two patterns have a text in common: `*` and `?` as in policies, and `|` for a run without a slash."""

from __future__ import annotations

import re

RUNS = "*|"
_WILD = re.compile(r"[*|?]")


def overlaps(left: str, right: str) -> bool:
    """Whether some text matches both. Takes the product of what is not the beginning of both."""
    if left == right or "*" in (left, right):
        return True
    same = min(_literal(left), _literal(right))
    if left[:same] != right[:same]:
        return False
    return _meet(left[same:], right[same:])


def cost(left: str, right: str) -> int:
    """How many steps `overlaps` takes at most."""
    same = min(_literal(left), _literal(right))
    return 1 if left[:same] != right[:same] else (len(left) - same + 1) * (len(right) - same + 1)


def _literal(pattern: str) -> int:
    """How many characters stand before the first wildcard."""
    found = _WILD.search(pattern)
    return found.start() if found else len(pattern)


def _meet(left: str, right: str) -> bool:
    # row[j]: the part of `left` so far and right[:j] have a text in common.
    row = [True]
    for other in right:
        row.append(row[-1] and other in RUNS)
    for one in left:
        above, row = row, [row[0] and one in RUNS]
        for j, other in enumerate(right):
            # A run is empty, or takes one more of the other's characters.
            met = one in RUNS and (above[j + 1] or (row[j] and _takes(one, other)))
            met = met or (other in RUNS and (row[j] or (above[j + 1] and _takes(other, one))))
            row.append(met or (above[j] and (one == other or "?" in (one, other))))
    return row[-1]


def _takes(run: str, character: str) -> bool:
    return run == "*" or character != "/"
