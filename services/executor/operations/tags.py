"""The tags by which a resource says which plan and step made it, in AWS's two forms, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.executor.registry.contexts import StepContext
from services.executor.registry.drift import Drift, Moved
from shared.resource_types.paths import pointer

# Only AWS sets tags of such names, and when it likes.
_OF_AWS = "aws:"


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The form most services take."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_map(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def has(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether all of `wanted` is among the tags found."""
    return found.items() >= wanted.items()


def drift(context: StepContext, what: str, arn: str, found: Mapping[str, str]) -> Drift | None:
    """How the tags of a resource that the step made differ from those that it was left with.

    Without the plan's own it may be another resource of that name. What is only added by somebody takes nothing back.
    """
    left = left_with(context, arn)
    changed = moved(left, found)
    if not changed:
        return None
    if not has(found, context.tags):
        return Drift(f"{what} has lost this plan's tags: it was made anew or its tags were changed", changed)
    return Drift(f"somebody has changed tags of {what}", changed, stops_undo=False)


def left_with(context: StepContext, arn: str) -> dict[str, str]:
    """The tags of a resource that the step made, with what the plan's other steps have made of them."""
    left = context.tags
    for result in context.later("tag_resource"):
        if result.get("resource_arn") == arn:
            left = {key: value for key, value in (left | changed_by(result)).items() if value is not None}
    return left


def changed_by(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a step `tag_resource` left of the keys that it names; None for one that is not there."""
    return {**{tag["key"]: tag["value"] for tag in result["tags_set"]}, **dict.fromkeys(result["keys_removed"])}


def moved(left: Mapping[str, str | None], found: Mapping[str, str]) -> tuple[Moved, ...]:
    """Each tag that differs; in `left`, None is a tag that was left away."""
    keys = sorted({**left, **found})
    return tuple(
        Moved(pointer(("Tags", key)), left.get(key), found.get(key))
        for key in keys
        if left.get(key) != found.get(key) and not key.startswith(_OF_AWS)
    )
