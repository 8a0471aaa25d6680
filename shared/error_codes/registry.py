"""Looks error codes up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from shared.error_codes.common import COMMON
from shared.error_codes.gateway import GATEWAY
from shared.error_codes.group import DENIAL_STATUSES
from shared.error_codes.workers import WORKERS


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code, or a family with `*` in its name."""

    code: str
    status: int | None
    raised_by: str
    meaning: str
    denial: bool


def _declared() -> Iterator[ErrorCode]:
    for group in (*GATEWAY, *WORKERS, *COMMON):
        denial = group.denial or group.status in DENIAL_STATUSES
        for code, meaning in group.codes.items():
            yield ErrorCode(code, group.status, group.raised_by, meaning, denial)


ERROR_CODES = tuple(_declared())
_EXACT = {declared.code: declared for declared in ERROR_CODES if "*" not in declared.code}
_FAMILIES = tuple(declared for declared in ERROR_CODES if "*" in declared.code)


def find(code: str) -> ErrorCode | None:
    """The declaration of a code, or of the family it belongs to; None for a code that another version has."""
    if code in _EXACT:
        return _EXACT[code]
    return next((family for family in _FAMILIES if fnmatchcase(code, family.code)), None)


def status_of(code: str) -> int | None:
    """The HTTP status of a code; None for one that no request is answered with, or that another version has."""
    declared = find(code)
    return declared.status if declared else None


def is_denial(code: str, status: int) -> bool:
    """Whether a request refused with this code and status goes into its session's audit log as a denial."""
    declared = find(code)
    return status in DENIAL_STATUSES or (declared is not None and declared.denial)
