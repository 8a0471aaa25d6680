"""Condition operators, with AWS's semantics of missing keys, sets, IfExists and values of the wrong type."""

from __future__ import annotations

from typing import Any

import pytest

from shared.iam.conditions import condition_holds
from shared.iam.documents import parse
from shared.iam.evaluate import request_of
from shared.iam.truth import Unknown

UNKNOWN = "unknown"


def holds(condition: dict[str, Any], context: dict[str, Any], complete: bool = True) -> object:
    """True, False or "unknown"."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    (parsed,) = parse({"Version": "2012-10-17", "Statement": [statement]})
    truth = condition_holds(parsed.condition, request_of("s3:GetObject", "*", context, complete))
    return UNKNOWN if isinstance(truth, Unknown) else truth


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", ["x", "ab"], "ab", True),
        ("StringEquals", "AB", "ab", False),
        ("stringequals", "ab", "ab", True),
        ("StringEquals", "${aws:username}", "ann", True),
        ("StringEquals", "${aws:nothing}", "${aws:nothing}", UNKNOWN),
        ("StringNotEquals", "${aws:nothing}", "ann", UNKNOWN),
        ("StringLike", "${aws:nothing}*", "ann", UNKNOWN),
        ("StringEquals", "${aws:nothing, 'ann'}", "ann", True),
        ("StringEquals", "${aws:nothing, '*'}", "ann", UNKNOWN),
        ("StringEquals", "${nothing, 'ann'}", "ann", UNKNOWN),
        ("StringNotEquals", "${aws:username", "ann", UNKNOWN),
        ("StringNotEquals", "${${aws:username}}", "bob", UNKNOWN),
        ("ArnNotEquals", "${aws:nothing}", "arn:aws:iam::1:user/ann", UNKNOWN),
        ("ArnNotLike", "xrn:aws:iam::1:user/ann", "arn:aws:iam::1:user/ann", UNKNOWN),
        ("BinaryEquals", "${aws:username}", "YW5u", UNKNOWN),
        ("StringEqualsIgnoreCase", "AB", "ab", True),
        ("StringNotEqualsIgnoreCase", "AB", "ab", False),
        ("StringLike", "a*c?", "abbcd", True),
        ("StringLike", "${*}c?", "abcd", False),
        ("StringNotLike", ["x*", "a*"], "ab", False),
        ("NumericEquals", 10, "10.0", True),
        ("NumericNotEquals", 10, 11, True),
        ("NumericLessThan", "10", 9.5, True),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", ["20", "5"], "10", True),
        ("NumericGreaterThanEquals", "10", "9", False),
        ("NumericEquals", "ten", "10", UNKNOWN),
        ("NumericNotEquals", "10", "ten", UNKNOWN),
        ("NumericEquals", "nan", "nan", UNKNOWN),
        ("DateEquals", "2024-01-01T00:00:00Z", 1704067200, True),
        ("DateEquals", "2024-01-01", "2024-01-01T02:00:00+02:00", True),
        ("DateEquals", "2024-01", "2024-01-01T00:00Z", True),
        ("DateLessThan", "2024-01-01T00:00:00Z", "2023-12-31T23:59:59.9Z", True),
        ("DateGreaterThanEquals", "2024-01-01", "2023-06-01T00:00:00Z", False),
        ("DateNotEquals", "2024-01-01", "2024-01-02", True),
        ("DateLessThan", "soon", "2024-01-02", UNKNOWN),
        ("DateLessThan", "2024-13-01", "2024-01-02", UNKNOWN),
        ("Bool", True, "true", True),
        ("Bool", "True", "true", True),
        ("Bool", "false", True, False),
        ("Bool", "yes", "true", UNKNOWN),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", ["203.0.113.0/24", "2001:db8::/32"], "2001:DB8:1::5", True),
        ("IpAddress", "203.0.113.0/24", "2001:db8::1", False),
        ("NotIpAddress", "203.0.113.0/24", "203.0.114.1", True),
        ("NotIpAddress", ["10.0.0.0/8", "203.0.113.0/24"], "203.0.113.1", False),
        ("IpAddress", "300.0.0.0/8", "10.0.0.1", UNKNOWN),
        ("ArnLike", "arn:aws:sns:*:1:topic-?", "arn:aws:sns:eu-west-1:1:topic-a", True),
        ("ArnEquals", "arn:aws:sns:*:1:*", "arn:aws:sns:eu-west-1:1:a:b", True),
        ("ArnLike", "arn:aws:x:*:1:f/*", "arn:aws:x:us-east-2:9:store/abc:1:f/d", False),
        ("ArnNotLike", "arn:aws:sns:*:1:*", "arn:aws:sns:eu-west-1:2:a", True),
        ("ArnNotEquals", "not-an-arn", "arn:aws:sns:eu-west-1:2:a", UNKNOWN),
        ("StringMatches", "a", "a", UNKNOWN),
        ("ForSomeValues:StringEquals", "a", "a", UNKNOWN),
        ("StringEquals", [], "a", False),
        ("StringNotEquals", [], "a", True),
    ],
)
def test_operators_compare_as_aws_does(operator: str, wanted: Any, actual: Any, expected: object) -> None:
    assert holds({operator: {"aws:Key": wanted}}, {"AWS:key": actual, "aws:username": "ann"}) == expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringNotLike", True),
        ("NotIpAddress", True),
        ("ArnNotLike", True),
        ("NumericNotEquals", True),
        ("DateNotEquals", True),
        ("Bool", False),
        ("StringEqualsIfExists", True),
        ("BoolIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAllValues:StringNotEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEqualsIfExists", UNKNOWN),
    ],
)
@pytest.mark.parametrize("context", [{}, {"aws:Key": None}, {"aws:Key": []}])
def test_a_key_the_request_does_not_have(operator: str, expected: object, context: dict[str, Any]) -> None:
    assert holds({operator: {"aws:Key": "1"}}, context) == expected


@pytest.mark.parametrize(
    ("operator", "actual", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "c"], False),
        ("ForAnyValue:StringEquals", ["c", "a"], True),
        ("ForAnyValue:StringEquals", ["c", "d"], False),
        ("ForAnyValue:StringNotEquals", ["a", "c"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], False),
        ("ForAllValues:StringNotEquals", ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "d"], False),
        ("ForAllValues:StringLike", ["a"], True),
        ("StringEquals", ["a", "c"], UNKNOWN),
        ("StringEquals", ["c", "d"], False),
        ("StringNotEquals", ["a", "b"], False),
        ("StringNotEquals", ["c", "d"], UNKNOWN),
    ],
)
def test_several_values_need_a_set_operator(operator: str, actual: list[str], expected: object) -> None:
    assert holds({operator: {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": actual}) == expected


@pytest.mark.parametrize(
    ("wanted", "context", "expected"),
    [
        ("true", {}, True),
        (True, {"aws:Key": None}, True),
        ("false", {"aws:Key": "x"}, True),
        ("true", {"aws:Key": "x"}, False),
        (["true", "false"], {}, True),
        ("maybe", {}, UNKNOWN),
    ],
)
def test_null_asks_whether_the_key_is_there(wanted: Any, context: dict[str, Any], expected: object) -> None:
    assert holds({"Null": {"aws:Key": wanted}}, context) == expected


def test_every_operator_and_key_must_hold_and_an_empty_condition_always_does() -> None:
    both = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}

    assert holds(both, {"aws:a": "1", "aws:b": "2", "aws:c": "true"}) is True
    assert holds(both, {"aws:a": "1", "aws:b": "2"}) is False
    assert holds({}, {}) is True
    assert holds({"StringEquals": {}}, {}) is True


def test_what_is_not_known_yet_stays_open_unless_the_rest_decides() -> None:
    both = {"StringEquals": {"aws:a": "1"}, "StringNotEquals": {"aws:b": "2"}}

    assert holds(both, {}, complete=False) == UNKNOWN
    assert holds(both, {"aws:a": "1"}, complete=False) == UNKNOWN
    assert holds(both, {"aws:a": "9"}, complete=False) is False
    assert holds({"Null": {"aws:a": "true"}}, {}, complete=False) == UNKNOWN
    assert holds({"StringEquals": {"aws:a": "${aws:username}"}}, {"aws:a": "1"}, complete=False) == UNKNOWN
