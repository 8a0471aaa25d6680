"""What an error of the schema means, in words that can be acted on. A value is never repeated: it may be a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import ValidationError

from shared.resource_types.paths import Place, pointer
from shared.resource_types.problems import Problem
from shared.resource_types.shapes import members, target, walk
from shared.text.similar import did_you_mean, similar

Schema = Mapping[str, Any]
_LISTED = 12
_DESCRIBED = 110
_ARTICLES: Mapping[str, str] = {
    "array": "a list",
    "boolean": "a boolean (true or false)",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}


_FUNCTION = re.compile(r"Ref|Fn::\w+")


def problems(errors: Sequence[ValidationError], root: Schema, at: Place = ()) -> Iterator[Problem]:
    """The problems that the errors mean, in their order; `at` is where the checked value stands."""
    for error in errors:
        yield from _problems(error, root, (*at, *error.absolute_path))


def _problems(error: ValidationError, root: Schema, place: Place) -> Iterator[Problem]:
    if error.validator in ("anyOf", "oneOf") and error.message == "none":
        yield from _of_alternatives(error, root, place)
        return
    say = _SAY.get(str(error.validator), _other)
    code = _CODES.get(str(error.validator), "wrong_value")
    yield Problem(pointer(place), code, say(error, root))


def _of_alternatives(error: ValidationError, root: Schema, place: Place) -> Iterator[Problem]:
    """What keeps the alternative from fitting that comes nearest; where all only miss properties, which they are."""
    branches: dict[int, list[ValidationError]] = {}
    for one in error.context or ():
        branches.setdefault(int(one.schema_path[0]), []).append(one)
    every = [one for errors in branches.values() for one in errors]
    if every and all(one.validator == "required" and not one.path for one in every):
        needs = [" and ".join(one.message for one in errors) for errors in branches.values()]
        yield Problem(pointer(place), "missing_property", f"one of these is needed: {'; or '.join(needs)}")
        return
    if every and all(one.validator == "type" and not one.path for one in every):
        kinds = list(dict.fromkeys(kind for one in every for kind in _kinds(one.validator_value)))
        yield Problem(pointer(place), "wrong_type", _must_be(kinds, error.instance))
        return
    # The one that goes deepest before it fails is the one that is meant.
    nearest = min(branches.values(), key=lambda errors: (_of_kind(errors), len(errors)), default=[])
    for one in nearest:
        yield from _problems(one, root, (*place, *one.relative_path))


def _of_kind(errors: list[ValidationError]) -> int:
    """Worse than other errors: what is of another kind altogether, or has a property that the alternative lacks."""
    return sum(
        3 if one.validator == "type" and not one.path else one.validator == "additionalProperties" for one in errors
    )


def _unknown(error: ValidationError, root: Schema) -> str:
    name = error.message
    known = members(root, error.schema) if isinstance(error.schema, Mapping) else {}
    if close := did_you_mean(name, known):
        return f"there is no such property{close}?"
    elsewhere = [path for path, _ in walk(root) if path.rpartition("/")[2].lower() == name.lower()][:2]
    if elsewhere:
        return f"there is no such property here; it is at {' or '.join(elsewhere)}"
    return f"there is no such property; known here: {_list(sorted(known))}"


def _missing(error: ValidationError, root: Schema) -> str:
    declared = members(root, error.schema).get(error.message, {})
    text = described(root, declared)
    return f"{error.message} is missing{f' ({text})' if text else ''}"


def _missing_or(error: ValidationError, _: Schema) -> str:
    return f"one of these is needed: {', '.join(error.validator_value)}"


def _exactly_one(error: ValidationError, _: Schema) -> str:
    several = error.message == "several"
    return f"{'only ' if several else ''}one of these is {'allowed' if several else 'needed'}: " + ", ".join(
        error.validator_value
    )


def _dependent(error: ValidationError, _: Schema) -> str:
    name, others = json.loads(error.message)
    return f"{name} needs {', '.join(others)} beside it"


def _excluded(error: ValidationError, _: Schema) -> str:
    name, others = json.loads(error.message)
    return f"{name} does not go together with {', '.join(others)}"


def _several(error: ValidationError, _: Schema) -> str:
    names = [schema.get("required") for schema in error.validator_value if isinstance(schema, dict)]
    if all(names):
        return f"only one of these is allowed: {'; or '.join(' and '.join(each) for each in names if each)}"
    return "it fits more than one of the alternatives that exclude each other"


def _type(error: ValidationError, root: Schema) -> str:
    told = _must_be(_kinds(error.validator_value), error.instance)
    items = error.schema.get("items") if isinstance(error.schema, Mapping) else None
    names = list(members(root, target(root, items))) if isinstance(items, Mapping) else []
    # Tags, above all: a list of names with values here, a map there.
    return f"{told}; each item has {_list(names)}" if names and error.validator_value == "array" else told


def _enum(error: ValidationError, _: Schema) -> str:
    return f"it must be {_choice(error.validator_value, error.instance)}"


def _must_be(kinds: Sequence[str], instance: object) -> str:
    if isinstance(instance, dict) and len(instance) == 1 and _FUNCTION.fullmatch(next(iter(instance))):
        return (
            "functions of CloudFormation are not taken; give the value, or"
            ' {"$from": "STEP.properties.NAME"} for what a step before makes'
        )
    return f"it must be {' or '.join(_ARTICLES.get(kind, kind) for kind in kinds)}, not {_kind(instance)}"


def _choice(values: Sequence[Any], instance: object) -> str:
    close = similar(instance, [str(value) for value in values], most=1) if isinstance(instance, str) else []
    # The values are AWS's; what was given is not repeated.
    likely = f"; did you mean {close[0]}?" if close else ""
    return f"one of {_list([str(value) for value in values])}{likely}"


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _kinds(value: object) -> list[str]:
    return [str(kind) for kind in value] if isinstance(value, list) else [str(value)]


def _kind(instance: object) -> str:
    if isinstance(instance, bool):
        return "a boolean"
    for kind, word in ((str, "string"), (dict, "object"), (list, "array"), (int, "number"), (float, "number")):
        if isinstance(instance, kind):
            return _ARTICLES[word]
    return "null"


def described(root: Schema, declared: Schema) -> str:
    """The beginning of a property's description; "" where it has none."""
    text = str(declared.get("description") or target(root, declared).get("description") or "")
    sentence = text.split(". ")[0].rstrip(".")
    return sentence if len(sentence) <= _DESCRIBED else sentence[:_DESCRIBED].rsplit(" ", 1)[0] + "…"


def _pattern(error: ValidationError, _: Schema) -> str:
    return f"it must match the pattern {str(error.validator_value)[:200]}"


def _other(error: ValidationError, _: Schema) -> str:
    return f"it breaks the rule {error.validator}: {json.dumps(error.validator_value, default=str)[:120]}"


def _bound(text: str) -> Callable[[ValidationError, Schema], str]:
    return lambda error, _: text.format(error.validator_value)


_SAY: Mapping[str, Callable[[ValidationError, Schema], str]] = {
    "additionalProperties": _unknown,
    "const": lambda error, _: f"it must be {json.dumps(error.validator_value)}",
    "contains": _bound("no item of the list is as one of them has to be"),
    "dependentExcluded": _excluded,
    "dependentRequired": _dependent,
    "enum": _enum,
    "enumCaseInsensitive": _enum,
    "exclusiveMaximum": _bound("it must be less than {}"),
    "exclusiveMinimum": _bound("it must be more than {}"),
    "maxItems": _bound("it may have {} items at most"),
    "maxLength": _bound("it may have {} characters at most"),
    "maxProperties": _bound("it may have {} entries at most"),
    "maximum": _bound("it may be {} at most"),
    "minItems": _bound("it needs {} items at least"),
    "minLength": _bound("it needs {} characters at least"),
    "minProperties": _bound("it needs {} entries at least"),
    "minimum": _bound("it must be {} at least"),
    "multipleOf": _bound("it must be a multiple of {}"),
    "not": _bound("this combination is not allowed"),
    "oneOf": _several,
    "pattern": _pattern,
    "required": _missing,
    "requiredOr": _missing_or,
    "requiredXor": _exactly_one,
    "type": _type,
    "uniqueItems": _bound("the list has an item twice"),
    "uniqueKeys": lambda error, _: f"two items have the same {' and '.join(error.validator_value)}",
}
_CODES: Mapping[str, str] = {
    "additionalProperties": "unknown_property",
    "required": "missing_property",
    "requiredOr": "missing_property",
    "requiredXor": "not_together",
    "dependentRequired": "missing_property",
    "dependentExcluded": "not_together",
    "oneOf": "not_together",
    "not": "not_together",
    "type": "wrong_type",
}
