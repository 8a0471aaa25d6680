"""Properties in a short notation, for models and people: "list of {Key, Value}", "Enabled | Suspended"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import NotFound
from shared.resource_types.paths import ANY
from shared.resource_types.shapes import members, target
from shared.text.similar import did_you_mean

Schema = Mapping[str, Any]
_VALUES = 10
_MEMBERS = 8
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "{} characters at least",
    "maxLength": "{} characters at most",
    "minItems": "{} items at least",
    "maxItems": "{} items at most",
    "pattern": "pattern {}",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A property that was looked for: where it is ("Rules/*/Prefix"), and its declaration, references resolved."""

    path: str
    declared: Schema


def find_property(schema: Schema, written: str) -> Found:
    """The property at a path as a model or a person writes it: "Rules.Prefix", "/Rules/0/Prefix", "Rules[].Prefix".

    The steps into lists may be left out. Raises NotFound `unknown_property`, naming similar ones.
    """
    path: list[str] = []
    at: Schema = schema
    for part in written[:300].replace("[]", ".").replace("/", ".").split("."):
        if not part or part == ANY or part.isdigit():
            continue
        at = _into_lists(schema, at, path)
        known = members(schema, at)
        name = next((one for one in known if one.lower() == part.lower()), None)
        if name is None:
            where = "/".join(path) or "the type"
            raise NotFound(
                f"{where} has no property {part[:80]!r}{did_you_mean(part, known)}; it has "
                f"{', '.join(list(known)[:30]) or 'none'}",
                code="unknown_property",
            )
        path.append(name)
        at = target(schema, known[name])
    return Found("/".join(path), at)


def inner(schema: Schema, declared: Schema) -> Schema:
    """The object that a property is, or whose list or map it is."""
    return _into_lists(schema, declared, [])


def kind(schema: Schema, declared: Schema) -> str:
    """The kind of a value, with what stands in an object or list: "list of {Key, Value}"."""
    declared = target(schema, declared)
    values = declared.get("enum") or declared.get("enumCaseInsensitive")
    if values:
        more = " | …" if len(values) > _VALUES else ""
        return " | ".join(map(str, values[:_VALUES])) + more
    names = list(members(schema, declared))
    if names:
        return f"{{{', '.join(names[:_MEMBERS])}{', …' if len(names) > _MEMBERS else ''}}}"
    if isinstance(declared.get("items"), Mapping):
        return f"list of {kind(schema, declared['items'])}"
    values_of = next(iter(declared.get("patternProperties", {}).values()), None)
    if isinstance(values_of, Mapping):
        return f"map to {kind(schema, values_of)}"
    kinds = declared.get("type", "any")
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def limits(declared: Schema) -> list[str]:
    """What bounds a value, in words."""
    return [text.format(declared[word]) for word, text in _LIMITS.items() if word in declared]


def alternatives(declared: Schema) -> list[str]:
    """What of an object's properties is needed besides those that always are: "one of A, B"."""
    found = [f"exactly one of {', '.join(declared['requiredXor'])}"] if "requiredXor" in declared else []
    found += [f"one of {', '.join(declared['requiredOr'])}"] if "requiredOr" in declared else []
    for word in ("anyOf", "oneOf"):
        sets = [one.get("required") for one in declared.get(word, ()) if isinstance(one, Mapping)]
        if len(sets) > 1 and all(sets):
            found.append(f"one of {'; '.join(' and '.join(names) for names in sets if names)}")
    return found


def _into_lists(schema: Schema, declared: Schema, path: list[str]) -> Schema:
    at = target(schema, declared)
    while not members(schema, at):
        below = at.get("items") or next(iter(at.get("patternProperties", {}).values()), None)
        if not isinstance(below, Mapping):
            break
        path.append(ANY)
        at = target(schema, below)
    return at
