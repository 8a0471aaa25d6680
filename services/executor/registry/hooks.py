"""Hooks of an operation: plain functions that take whichever of its arguments they name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

Hook = Callable[..., Any]


def ask(hook: Hook, values: Mapping[str, Any]) -> Any:
    """Call a hook with those of the values that it names."""
    return hook(**{name: values[name] for name in asked_by(hook)})


def asked_by(hook: Hook) -> set[str]:
    """The names of what a hook takes."""
    return set(inspect.signature(hook).parameters)


def nothing() -> tuple[()]:
    """The hook of an operation that has nothing to say here."""
    return ()


def no_values() -> dict[str, Any]:
    """The hook of an operation whose templates need its arguments alone."""
    return {}
