"""What a query is refused for, as data: the parent puts it in words, with what may have been meant."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """`why` and what belongs to it: `unknown_column`, `unknown_rows`, `type_mismatch`, `invalid`, `too_costly`."""

    def __init__(self, why: str, **about: Any) -> None:
        super().__init__(why)
        self.why, self.about = why, about


def mismatch(column: str, holds: str, but: str) -> Refused:
    """A column does not hold what the query does with it."""
    return Refused("type_mismatch", column=column, holds=holds, but=but)
