"""Finds what an operation's parameters name: values by the name of their parameter, ARNs, ids of EC2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import JsonValue

from services.executor.registry.operation import UNKNOWN

ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:\S{1,1024}", re.ASCII)
MAX_DEPTH = 12
MAX_VALUES = 2000


@dataclass(frozen=True, slots=True)
class Named:
    """A text or number among the parameters: the name of the member that has it, and how deep that is."""

    name: str
    value: str
    depth: int

    @property
    def is_known(self) -> bool:
        """Whether it is known before the steps have run that it depends on."""
        return UNKNOWN not in self.value


def values_in(parameters: Mapping[str, JsonValue]) -> list[Named]:
    """Every text and number, the outermost first; elements of a list have the list's name in the singular."""
    found: list[Named] = []
    for one in _walk(parameters, "", 0):
        found.append(one)
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
            yield from _walk(item, str(inner), depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, name, depth)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield Named(name, str(value), depth)
