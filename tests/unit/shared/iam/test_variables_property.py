"""What is unknown to the evaluator is allowed and denied by turns in an oracle that tries every way AWS may take it.

The oracle shares no code with the evaluator. It knows of a statement's doubts only what AWS says of them: the statement
may be invalid, or the doubtful pattern may mean anything.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.iam.evaluate import evaluate

RESOURCE = "arn:aws:s3:::photos/ann/cat"
VALUES = {"aws:username": ("ann", "bob"), "aws:PrincipalTag/team": ("photos", "x")}
PATTERNS = [
    *("*", RESOURCE, "arn:aws:s3:::photos/*", "arn:aws:s3:::other", "arn:aws:s3:::${aws:PrincipalTag/team}/*"),
    *("arn:aws:s3:::photos/${aws:username}/*", "arn:aws:s3:::photos/${aws:username, 'ann'}/cat", "arn:aws:s3*"),
    *("arn:aws:s3:::photos/${aws:username, 'bob'}/cat", "photos/*", "arn:aws:*:::photos/ann/cat"),
]
TEXTS = ["ann", "bob", "a*", "${aws:username}", "${aws:username, 'bob'}", "${aws:PrincipalTag/team}"]
some = st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2)
conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists"]),
    st.fixed_dictionaries({"aws:PrincipalTag/owner": st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2)}),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Action": "s3:GetObject",
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(some),
        "Condition": draw(conditions),
    }


contexts = st.fixed_dictionaries(
    {},
    optional={
        **{key: st.sampled_from(values) for key, values in VALUES.items()},
        "aws:PrincipalTag/owner": st.just("ann"),
    },
)


def matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def replaced(text: str, context: dict[str, str], meant: dict[str, str]) -> str:
    """The text with its variables' values, else their defaults, else what they are taken to mean."""

    def value(found: re.Match[str]) -> str:
        key, _, default = found.group(1).partition(", ")
        return context.get(key) or default.strip("'") or meant[key]

    return re.sub(r"\$\{([^}]*)\}", value, text)


def keys_without_value(statement: dict[str, Any], context: dict[str, str]) -> set[str]:
    """The keys of variables that have neither a value nor a default."""
    named = re.findall(r"\$\{([^},]*)\}", str(statement))
    return {key for key in named if key not in context}


def no_arns(statement: dict[str, Any]) -> set[str]:
    return {
        one
        for one in (statement.get("Resource") or statement["NotResource"])
        if one != "*" and not re.match(r"arn:[a-z*-]+:[a-z0-9-]+:[^:]*:[^:$]*:", one)
    }


def applies(
    statement: dict[str, Any], context: dict[str, str], meant: dict[str, str], readings: dict[str, bool]
) -> bool:
    """Two-valued: `meant` has a meaning for each variable, and `readings` says whether what is no ARN matches."""
    patterns = statement.get("Resource") or statement["NotResource"]
    hit = any(
        readings[one] if one in readings else matches(replaced(one, context, meant), RESOURCE) for one in patterns
    )
    if hit is ("NotResource" in statement):
        return False
    actual = context.get("aws:PrincipalTag/owner")
    for operator, keys in statement["Condition"].items():
        for wanted in keys.values():
            if actual is None:
                held = operator != "StringEquals" and operator != "StringLike"
            else:
                values = [replaced(one, context, meant) for one in wanted]
                like = operator == "StringLike"
                held = any(matches(one, actual) if like else one == actual for one in values)
                held = held is not (operator == "StringNotEquals")
            if not held:
                return False
    return True


def readings_of(statement: dict[str, Any], context: dict[str, str]) -> Iterator[bool]:
    """Whether the statement applies, once for every way in which AWS may take it."""
    absent, odd = sorted(keys_without_value(statement, context)), sorted(no_arns(statement))
    if absent or odd:
        yield False  # invalid as a whole
    for values in itertools.product(*(("ann", "bob", "photos", "x", "a b") for _ in absent)):
        for answers in itertools.product((True, False), repeat=len(odd)):
            yield applies(
                statement, context, dict(zip(absent, values, strict=True)), dict(zip(odd, answers, strict=True))
            )


def decisions(policy: list[dict[str, Any]], context: dict[str, str]) -> set[str]:
    found = set()
    for ways in itertools.product(*(set(readings_of(statement, context)) for statement in policy)):
        effects = {statement["Effect"] for statement, applied in zip(policy, ways, strict=True) if applied}
        found.add("allowed" if effects == {"Allow"} else "denied")
    return found


@settings(max_examples=600)
@given(st.lists(statements(), min_size=1, max_size=3), contexts)
def test_a_yes_or_a_no_is_the_same_in_every_reading_and_all_else_is_unknown(
    policy: list[dict[str, Any]], context: dict[str, str]
) -> None:
    document = {"Version": "2012-10-17", "Statement": policy}
    verdict = evaluate([document], action="s3:GetObject", resource=RESOURCE, context=context)
    possible = decisions(policy, context)

    if verdict.decision != "unknown":
        assert possible == {verdict.decision}, verdict.reason
    if not any(keys_without_value(one, context) or no_arns(one) for one in policy):
        assert verdict.decision != "unknown", verdict.reason


@settings(max_examples=300)
@given(st.lists(statements(), min_size=1, max_size=2), contexts)
def test_the_same_holds_while_the_context_is_not_known(policy: list[dict[str, Any]], context: dict[str, str]) -> None:
    """With `complete=False` a decision is the one that every later context gives."""
    document = {"Version": "2012-10-17", "Statement": policy}
    early = evaluate([document], action="s3:GetObject", resource=RESOURCE, context={}, complete=False)

    if early.decision != "unknown":
        assert decisions(policy, context) == {early.decision}, early.reason
