"""The words of a schema, as checked: draft 7 of JSON Schema, and what cfn-lint and CloudFormation add to it.

Each takes (validator, value of the word, instance, schema) and yields errors, as `jsonschema` has it. The message of
an error is not for reading: `words.py` says what is wrong, without repeating what may be a secret. A value that is not
known yet (`UNKNOWN`) fits everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

from jsonschema import Draft7Validator, ValidationError, validators

from shared.resource_types.validation import budget

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class Unknown:
    """A value that only a step before will give."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


def has_unknown(instance: object) -> bool:
    """Whether a value is not known yet, or a part of it."""
    if isinstance(instance, dict):
        return any(map(has_unknown, instance.values()))
    if isinstance(instance, list):
        return any(map(has_unknown, instance))
    return instance is UNKNOWN


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not budget.matches(pattern, instance):
        yield ValidationError(pattern)


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for pattern, below in patterns.items():
            for name, item in instance.items():
                if budget.matches(pattern, name):
                    yield from validator.descend(item, below, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    patterns = schema.get("patternProperties", {})
    for name, item in instance.items():
        if name in schema.get("properties", {}) or any(budget.matches(pattern, name) for pattern in patterns):
            continue
        if isinstance(allowed, dict):
            yield from validator.descend(item, allowed, path=name)
        elif not allowed:
            yield ValidationError(name, path=[name])


def _required(_: Any, names: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        yield from (ValidationError(name) for name in names if name not in instance)


def _required_or(_: Any, names: list[str], instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict) and not any(name in instance for name in names):
        yield ValidationError("none")


def _required_xor(_: Any, names: list[str], instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        given = [name for name in names if name in instance]
        if len(given) != 1:
            yield ValidationError("several" if given else "none")


def _dependent_required(_: Any, needs: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in needs:
            if name in instance and (missing := [other for other in needs[name] if other not in instance]):
                yield ValidationError(json.dumps([name, missing]))


def _dependent_excluded(_: Any, excludes: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in excludes:
            if name in instance and (both := [other for other in excludes[name] if other in instance]):
                yield ValidationError(json.dumps([name, both]))


def _enum_case_insensitive(_: Any, values: list[Any], instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and instance.lower() not in {str(value).lower() for value in values}:
        yield ValidationError("enum")


def _unique_items(_: Any, unique: bool, instance: Any, __: Any) -> Iterator[ValidationError]:
    if unique and isinstance(instance, list):
        yield from _repeated([item for item in instance if not has_unknown(item)])


def _unique_keys(_: Any, keys: list[str], instance: Any, __: Any) -> Iterator[ValidationError]:
    """Items of a list that agree in all of these properties are one."""
    if isinstance(instance, list):
        items = [item for item in instance if isinstance(item, dict) and not has_unknown(item)]
        yield from _repeated([[item.get(key) for key in keys] for item in items])


def _repeated(items: list[Any]) -> Iterator[ValidationError]:
    # As texts: comparing each with each takes the square of their number.
    if len({json.dumps(item, sort_keys=True) for item in items}) < len(items):
        yield ValidationError("repeated")


def _prefix_items(validator: Any, schemas: list[Any], instance: Any, _: Any) -> Iterator[ValidationError]:
    if isinstance(instance, list):
        for number, (item, below) in enumerate(zip(instance, schemas, strict=False)):
            yield from validator.descend(item, below, path=number)


def _any_of(validator: Any, schemas: list[Any], instance: Any, _: Any) -> Iterator[ValidationError]:
    yield from _none_fits(validator, schemas, instance)


def _one_of(validator: Any, schemas: list[Any], instance: Any, _: Any) -> Iterator[ValidationError]:
    missed = list(_none_fits(validator, schemas, instance))
    yield from missed
    # What is not known yet may fit several, and then only one.
    if missed or has_unknown(instance):
        return
    if sum(validator.evolve(schema=schema).is_valid(instance) for schema in schemas) > 1:
        yield ValidationError("several")


def _none_fits(validator: Any, schemas: list[Any], instance: Any) -> Iterator[ValidationError]:
    """An error with those of every alternative as its context, where none fits."""
    context = []
    for number, schema in enumerate(schemas):
        errors = list(validator.descend(instance, schema, schema_path=number))
        if not errors:
            return
        context += errors
    yield ValidationError("none", context=context)


def _certain(keyword: Keyword) -> Keyword:
    """For words that a part not known yet can turn either way."""

    @wraps(keyword)
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not has_unknown(instance):
            yield from keyword(validator, value, instance, schema) or ()

    return check


def _known(keyword: Keyword) -> Keyword:
    @wraps(keyword)
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if instance is not UNKNOWN:
            yield from keyword(validator, value, instance, schema) or ()

    return check


def _within_budget(keyword: Keyword) -> Keyword:
    @wraps(keyword)
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        budget.left()
        yield from keyword(validator, value, instance, schema) or ()

    return check


_DRAFT7: Mapping[str, Keyword] = Draft7Validator.VALIDATORS
_WORDS: Mapping[str, Keyword] = {
    # `format` is of CloudFormation's own: "AWS::EC2::Subnet.Id".
    **{word: keyword for word, keyword in _DRAFT7.items() if word != "format"},
    "additionalProperties": _additional_properties,
    "anyOf": _any_of,
    "dependentExcluded": _dependent_excluded,
    "dependentRequired": _dependent_required,
    "enumCaseInsensitive": _enum_case_insensitive,
    "oneOf": _one_of,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "prefixItems": _prefix_items,
    "required": _required,
    "requiredOr": _required_or,
    "requiredXor": _required_xor,
    "uniqueItems": _unique_items,
    "uniqueKeys": _unique_keys,
    "$ref": _within_budget(_DRAFT7["$ref"]),
    **{word: _certain(_DRAFT7[word]) for word in ("if", "not", "contains", "const", "enum")},
}
Validator: Any = validators.create(
    meta_schema=Draft7Validator.META_SCHEMA,
    validators={word: _known(keyword) for word, keyword in _WORDS.items()},
    version="resource types",
    type_checker=Draft7Validator.TYPE_CHECKER,
)
