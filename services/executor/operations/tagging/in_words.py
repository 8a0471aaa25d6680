"""What becomes of each tag, one line each: before → after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from services.executor.operations.tagging.tag_rules import Tag
from shared.text.plain import named


def changes_in_words(before: Mapping[str, str], tags: Sequence[Tag], remove: Sequence[str]) -> Iterator[str]:
    """Each key that a step names, with what it has and what it will have."""
    for tag in tags:
        if before.get(tag.key) == tag.value:
            yield f"Tag {named(tag.key)}: {_value(tag.value)} already; it stays"
        else:
            yield f"Tag {named(tag.key)}: {_value(before.get(tag.key))} → {_value(tag.value)}"
    for key in remove:
        if key in before:
            yield f"Tag {named(key)}: {_value(before[key])} → removed"
        else:
            yield f"Tag {named(key)}: not there; nothing to remove"


def _value(value: str | None) -> str:
    if value is None:
        return "not there"
    return named(value) if value else "empty"
