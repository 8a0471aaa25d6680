"""The Condition element: operators, set prefixes, IfExists, and what a missing key means.

Sources: "Condition operators" and "Single-valued vs. multivalued context keys" in the IAM user guide. Where AWS's
documentation and known behaviour differ, or where a policy is not what AWS takes, the answer is Unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from shared.iam.match import Request, glob, literal, substituted
from shared.iam.operators import COMPARISONS, NEGATED, TEXT, Invalid, arn_matches
from shared.iam.truth import Truth, Unknown, all_of, any_of, negated

_SETS = ("forallvalues", "foranyvalue")


def condition_holds(
    block: Mapping[str, Mapping[str, tuple[str, ...]]], request: Request, variables: bool = True
) -> Truth:
    """Whether every operator and every key of a Condition holds for the request."""
    return all_of(
        _holds(operator, key, wanted, request, variables)
        for operator, keys in block.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, key: str, wanted: tuple[str, ...], request: Request, variables: bool) -> Truth:
    if "${" in key:
        return Unknown(f"the condition key {key} has a policy variable, which AWS does not support there")
    quantifier, colon, name = operator.lower().rpartition(":")
    if colon and quantifier not in _SETS:
        return Unknown(f"the condition operator {operator} is not supported")
    actual = request.values(key)
    if name == "null":
        return _is_null(actual, wanted)
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    positive = NEGATED.get(name, name)
    if positive not in COMPARISONS and positive not in TEXT:
        return Unknown(f"the condition operator {operator} is not supported")
    if isinstance(actual, Unknown):
        return actual
    if not actual:
        return _without_key(operator, quantifier, if_exists, name in NEGATED)
    hits = [_one(positive, value, wanted, request, variables) for value in actual]
    if name in NEGATED:
        hits = [negated(hit) for hit in hits]
    return _together(key, quantifier, hits)


def _is_null(actual: tuple[str, ...] | Unknown, wanted: tuple[str, ...]) -> Truth:
    if any(value.lower() not in ("true", "false") for value in wanted):
        return Unknown("a Null condition has another value than true or false")
    if isinstance(actual, Unknown):
        return actual
    return ("false" if actual else "true") in {value.lower() for value in wanted}


def _without_key(operator: str, quantifier: str, if_exists: bool, negates: bool) -> Truth:
    if quantifier == "foranyvalue":
        return (
            Unknown(f"AWS's documentation and behaviour differ on {operator} without the key") if if_exists else False
        )
    return if_exists or negates or quantifier == "forallvalues"


def _together(key: str, quantifier: str, hits: list[Truth]) -> Truth:
    if quantifier == "foranyvalue":
        return any_of(hits)
    if quantifier == "forallvalues" or len(hits) == 1:
        return all_of(hits)
    # Without a set prefix several values are not defined; where all of them fail there is nothing to doubt.
    if all(hit is False for hit in hits):
        return False
    return Unknown(f"{key} has several values, which needs ForAllValues or ForAnyValue")


def _one(name: str, actual: str, wanted: Sequence[str], request: Request, variables: bool) -> Truth:
    """Whether one value of the request matches any of the policy's."""
    compare = partial(_matches_text, name, request, variables) if name in TEXT else partial(_matches_parsed, name)
    return any_of(compare(actual, value) for value in wanted)


def _matches_parsed(name: str, actual: str, wanted: str) -> Truth:
    try:
        return COMPARISONS[name](actual, wanted)
    except Invalid as error:
        return Unknown(str(error))


def _matches_text(name: str, request: Request, variables: bool, actual: str, wanted: str) -> Truth:
    if name in ("stringlike", "arnequals", "arnlike"):
        pattern = substituted(wanted, request, variables)
        if isinstance(pattern, Unknown):
            return pattern
        return glob(pattern, actual) if name == "stringlike" else arn_matches(actual, pattern)
    text = literal(wanted, request, variables)
    if isinstance(text, Unknown):
        return text
    if name == "stringequals":
        return text == actual
    if name == "bool" and text.lower() not in ("true", "false"):
        return Unknown(f"{text!r} is not true or false")
    return text.lower() == actual.lower()
