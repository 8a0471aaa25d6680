"""From a service's shapes to CloudFormation's properties and back: the steps that handlers have in common."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.aws.cloud_control.schemas import Model


def some(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs whose value is not None."""
    return {name: value for name, value in pairs if value is not None}


def same(source: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """What a source has under these names: not what it lacks or has as an empty text, list or object."""
    return {name: source[name] for name in names if source.get(name) not in (None, "", [], {})}


def renamed(source: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What a source has under some names, under others."""
    return {there: source[here] for here, there in names.items() if source.get(here) not in (None, "", [], {})}


def lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def upper_first(name: str) -> str:
    return name[0].upper() + name[1:]


def keys_lowered(value: Any) -> Any:
    """A value whose keys begin with small letters, at any depth, as services with JSON have them."""
    return _with_keys(value, lower_first)


def keys_raised(value: Any) -> Any:
    """A value whose keys begin with capitals, at any depth, as CloudFormation has them."""
    return _with_keys(value, upper_first)


def _with_keys(value: Any, named: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {named(key): _with_keys(item, named) for key, item in value.items()}
    return [_with_keys(item, named) for item in value] if isinstance(value, list) else value


def changed(before: Model, after: Model, *names: str) -> list[str]:
    """Those of these properties that differ."""
    return [name for name in names if before.get(name) != after.get(name)]


def generated(type_name: str) -> str:
    """A name for a resource that was given none."""
    return f"{type_name.rpartition('::')[2].lower()}-{uuid.uuid4().hex[:12]}"


def text(document: Any) -> str:
    """A document as services want it: JSON."""
    return document if isinstance(document, str) else json.dumps(document)
