"""How error codes are declared: in groups of one status that the same services raise."""

from __future__ import annotations

from dataclasses import dataclass

# A request refused with one of these statuses is a denial, whatever its code.
DENIAL_STATUSES = frozenset({401, 403, 410})


@dataclass(frozen=True, slots=True)
class Group:
    """`codes` says of each what it means and what to do; a `*` in a code makes it a family.

    `status` is None where no request is ever answered with them: they stand in a log or among the dead letters.
    `denial`: the audit log of a session has every request refused with one of them.
    """

    status: int | None
    raised_by: str
    codes: dict[str, str]
    denial: bool = False
