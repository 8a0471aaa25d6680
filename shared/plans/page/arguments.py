"""The arguments of a step on a plan's page: each by its name and whole, policies in words and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pydantic import JsonValue

from shared.plans.page.documents import as_policy, inline_json, json_lines, policies_in, policy_lines
from shared.text.plain import exactly, named

_REFERENCE = "$from"
_INDENT = " " * 6


def argument_lines(arguments: Mapping[str, JsonValue], untrusted: Collection[str] = ()) -> Iterator[str]:
    """Every argument; those that the person did not write are marked. Nothing is cut: what is not on the page cannot
    be approved."""
    for name, value in arguments.items():
        yield from _argument(f"{named(name)} (untrusted)" if name in untrusted else named(name), value)


def _argument(name: str, value: JsonValue) -> Iterator[str]:
    policy = as_policy(value)
    if policy is not None:
        yield f"{_INDENT}{name}, a policy:"
        yield from policy_lines(policy, f"{_INDENT}  ")
        yield f"{_INDENT}{name} as JSON:"
        yield from json_lines(policy, f"{_INDENT}  ")
    elif isinstance(value, dict | list) and not is_reference(value):
        yield f"{_INDENT}{name} as JSON:"
        yield from json_lines(value, f"{_INDENT}  ")
        for path, inner in policies_in(value):
            yield f"{_INDENT}{name}: {named(path)} is a policy:"
            yield from policy_lines(inner, f"{_INDENT}  ")
    else:
        yield f"{_INDENT}{name}: {in_one_line(value)}"


def is_reference(value: JsonValue) -> bool:
    """Whether it is `{"$from": "STEP_ID.path"}`, a part of another step's result."""
    return isinstance(value, dict) and isinstance(value.get(_REFERENCE), str) and len(value) == 1


def in_one_line(value: JsonValue) -> str:
    """A reference in words, or a value that is neither an object nor a list, exactly."""
    if isinstance(value, dict):
        step, _, path = str(value[_REFERENCE]).partition(".")
        return f"what step {named(step)} returns as {named(path)}"
    return exactly(value) if isinstance(value, str) else inline_json(value)
