"""References between steps: an argument `{"$from": "STEP_ID.path"}` stands for a part of that step's result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from shared.errors import InvalidArguments

MARK = "$from"


def find(value: JsonValue) -> Iterator[str]:
    """Every reference in an argument, however deep. Raises InvalidArguments for a malformed one."""
    if isinstance(value, dict):
        if MARK in value:
            yield _reference(value)
        else:
            for item in value.values():
                yield from find(item)
    elif isinstance(value, list):
        for item in value:
            yield from find(item)


def step_of(reference: str) -> str:
    """The step a reference points at."""
    return reference.partition(".")[0]


def resolve(value: JsonValue, results: Mapping[str, JsonValue]) -> JsonValue:
    """Return `value` with every reference replaced from the results by step. Raises InvalidArguments."""
    if isinstance(value, dict):
        if MARK in value:
            return _look_up(_reference(value), results)
        return {key: resolve(item, results) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, results) for item in value]
    return value


def resolve_arguments(arguments: Mapping[str, JsonValue], results: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """`resolve` for a step's arguments."""
    return {name: resolve(value, results) for name, value in arguments.items()}


def _reference(value: dict[str, JsonValue]) -> str:
    reference = value[MARK]
    if len(value) != 1 or not isinstance(reference, str) or not all(reference.split(".")) or "." not in reference:
        raise InvalidArguments(
            f'a reference is {{"{MARK}": "STEP_ID.field"}} and nothing else', code="malformed_reference"
        )
    return reference


def _look_up(reference: str, results: Mapping[str, JsonValue]) -> JsonValue:
    step, *path = reference.split(".")
    if step not in results:
        raise InvalidArguments(f"{reference!r}: no step {step!r} has a result", code="unknown_reference")
    value = results[step]
    for name in path:
        if not isinstance(value, dict) or name not in value:
            has = f"it has {', '.join(sorted(value))}" if isinstance(value, dict) else "that is no object"
            raise InvalidArguments(
                f"{reference!r}: the result of {step!r} has no {name!r}; {has}", code="unknown_reference"
            )
        value = value[name]
    return value
