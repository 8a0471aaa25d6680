"""Finds what an operation's arguments name: values by the name of their argument, ARNs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from shared.access.argument_names import MAPS_OF_NAMES

ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:\S{1,1024}", re.ASCII)
MAX_DEPTH = 12
MAX_VALUES = 2000


@dataclass(frozen=True, slots=True)
class Named:
    """A text or number among the arguments: the name of the member that has it, and how deep that is.

    `is_known`: whether it is known before the steps have run that it depends on.
    """

    name: str
    value: str
    depth: int
    is_known: bool = True


def values_in(arguments: Mapping[str, Any], placeholder: str = "") -> list[Named]:
    """Every text and number, the outermost first; elements of a list have the list's name.

    A text with `placeholder` in it is not known yet.
    """
    found: list[Named] = []
    for one in _walk(arguments, "", 0):
        found.append(replace(one, is_known=False) if placeholder and placeholder in one.value else one)
        if len(found) >= MAX_VALUES:
            break
    return sorted(found, key=lambda one: one.depth)


@lru_cache(maxsize=16384)
def plain(name: str) -> str:
    """Letters and digits alone, in lower case, in the singular."""
    letters = re.sub(r"[^a-z0-9]", "", name.lower())
    if letters.endswith("ies"):
        return f"{letters[:-3]}y"
    return letters[:-1] if letters.endswith("s") and not letters.endswith(("ss", "us", "dns")) else letters


def is_arn(value: str) -> bool:
    """Whether a text is one ARN and nothing else."""
    return ARN.fullmatch(value) is not None


def _walk(value: Any, name: str, depth: int) -> Iterator[Named]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for inner, item in value.items():
            if name in MAPS_OF_NAMES:
                yield Named(name, str(inner), depth)
            yield from _walk(item, str(inner), depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, name, depth)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield Named(name, str(value), depth)
