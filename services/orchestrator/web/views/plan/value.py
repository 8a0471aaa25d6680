"""The value of a sensitive read as its page shows it: each member of AWS's answer whole."""

from __future__ import annotations

import json
from dataclasses import dataclass

from shared.keys.sealed_values import RevealedValue


@dataclass(frozen=True, slots=True)
class MemberShown:
    """A member of the answer: its text, empty where it is bytes, and whether it can be saved alone."""

    name: str
    text: str
    is_bytes: bool
    alone: bool


def members_of(found: RevealedValue) -> tuple[MemberShown, ...]:
    """The members of the answer in its order; an answer that is no object is one member without a name."""
    if not isinstance(found.value, dict):
        return (MemberShown("", json.dumps(found.value), is_bytes=False, alone=False),)
    return tuple(
        MemberShown(
            name,
            "" if name in found.base64 else value if isinstance(value, str) else json.dumps(value, indent=2),
            is_bytes=name in found.base64,
            alone=isinstance(value, str | int | float),
        )
        for name, value in found.value.items()
    )
