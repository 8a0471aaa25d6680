"""The tags by which a resource says which plan and step made it, in AWS's two forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The form most services take."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_map(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def has(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether all of `wanted` is among the tags found."""
    return found.items() >= wanted.items()
