"""No verdict contradicts what the evaluator says of any request of a small world."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.iam.comparison.compare import Answer, compare
from shared.iam.evaluate import Evaluator, Verdict, request_of
from shared.iam.match import Request

ACTIONS = ("s3:GetObject", "s3:PutObject", "ec2:RunInstances")
RESOURCES = ("*", "arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a/x", "arn:aws:s3:::b/a")
CONTEXT: dict[str, tuple[tuple[str, ...] | None, ...]] = {
    "aws:username": (None, ("a",), ("b",)),
    "aws:PrincipalOrgID": (None, ("o-1",), ("O-1",), ("o-2",)),
    "aws:SourceIp": (None, ("10.0.0.1",), ("10.1.0.1",), ("192.168.0.1",)),
    "aws:TagKeys": (None, ("a",), ("a", "b"), ("c",)),
    "s3:max-keys": (None, ("3",), ("5",), ("10",)),
    "aws:MultiFactorAuthPresent": (None, ("true",), ("false",)),
    "aws:SourceArn": (None, ("arn:aws:sns:us-east-1:1:a",), ("arn:aws:sns:eu-west-1:1:b",)),
}


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


def compared(key: str, operators: tuple[str, ...], *values: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda operator, chosen: {operator: {key: chosen}}, st.sampled_from(operators), some(*values))


def each(*operators: str) -> tuple[str, ...]:
    return tuple(one + end for one in operators for end in ("", "IfExists"))


CONDITIONS = st.one_of(
    compared(
        "aws:PrincipalOrgID",
        each("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"),
        *("o-1", "o-2", "o-*", "O-?", "${aws:username}"),
    ),
    compared("aws:username", each("StringLike", "StringNotEquals"), "a", "b", "*", "${aws:PrincipalOrgID, 'a'}"),
    compared("aws:SourceIp", each("IpAddress", "NotIpAddress"), "10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0"),
    compared("s3:max-keys", each("NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"), "3", "5", "7"),
    compared("aws:MultiFactorAuthPresent", each("Bool"), "true", "false"),
    compared("aws:SourceArn", each("ArnLike", "ArnNotLike", "StringLike"), "arn:aws:sns:*:1:?", "arn:aws:sns:eu-*:*:*"),
    compared(
        "aws:TagKeys",
        ("ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals"),
        *("a", "b", "c"),
    ),
    st.builds(
        lambda key, value: {"Null": {key: value}}, st.sampled_from(sorted(CONTEXT)), st.sampled_from(["true", "false"])
    ),
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(
        some(*ACTIONS, "s3:*", "S3:get*", "*", "s3:?etObject", "*:*Object")
    )
    made[draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))] = draw(
        some(
            *RESOURCES,
            "arn:aws:s3:::a*",
            "arn:aws:s3:::*/?",
            "arn:aws:s3:::${aws:username}",
            "arn:aws:s3:::?/${aws:username}",
        )
    )
    if draw(st.booleans()):
        made["Condition"] = draw(CONDITIONS)
    return made


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two policies that share some of their statements."""
    shared = draw(st.lists(statements(), max_size=2))
    both = [[*shared, *draw(st.lists(statements(), max_size=2))] for _ in range(2)]
    versions = draw(st.sampled_from([("2012-10-17", "2012-10-17")] * 4 + [("2008-10-17", "2012-10-17")]))
    before, after = ({"Version": version, "Statement": one} for version, one in zip(versions, both, strict=True))
    return before, after


def world(*policies: dict[str, Any]) -> list[Request]:
    """Every request of the small world, as far as the policies tell requests apart."""
    used = [key for key in CONTEXT if key.lower() in str(policies).lower()][:2]
    contexts = [dict(zip(used, values, strict=True)) for values in product(*(CONTEXT[key] for key in used))]
    return [request_of(*one) for one in product(ACTIONS, RESOURCES, contexts)]


def only_after_allows(before: Verdict, after: Verdict) -> bool:
    return after.decision == "allowed" and before.decision == "denied"


def only_before_denies(before: Verdict, after: Verdict) -> bool:
    return before.kind == "explicit_deny" and after.kind in ("allow", "implicit_deny")


def check(answer: Answer, differs: Any, before: Evaluator, after: Evaluator, requests: list[Request]) -> None:
    if answer.holds is True:
        found = [one for one in requests if differs(before.decide(one), after.decide(one))]
        assert found == []
    if answer.holds is False:
        assert answer.example
        example = answer.example.request
        request = request_of(example.action, example.resource, example.context)
        assert differs(before.decide(request), after.decide(request))
    assert (answer.holds is None) == bool(answer.reason)


@settings(max_examples=40, deadline=None)
@given(pairs())
def test_a_verdict_is_never_contradicted_by_a_request(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found = compare(*both)
    before, after = (Evaluator([one]) for one in both)
    requests = world(*both)
    check(found.grants_nothing_new, only_after_allows, before, after, requests)
    check(found.keeps_every_deny, only_before_denies, before, after, requests)


# The same examples every time: what is left to be found may be an action that AWS has not.
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(statements(), max_size=3), st.lists(statements(), max_size=3))
def test_of_policies_without_conditions_and_variables_all_is_known(
    first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    plain = [
        {"Version": "2008-10-17", "Statement": [{**one, "Condition": {}} for one in half if "${" not in str(one)]}
        for half in (first, second)
    ]
    assert compare(plain[0], plain[1]).grants_nothing_new.holds is not None


CALLERS = (
    *("arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:user/team/ann"),
    *("arn:aws:sts::111122223333:assumed-role/app/night", "arn:aws:sts::444455556666:assumed-role/app/night"),
    *("arn:aws:iam::444455556666:user/ann", "lambda.amazonaws.com", "ec2.amazonaws.com"),
)
PRINCIPALS: tuple[Any, ...] = (
    *("*", {"AWS": "111122223333"}, {"AWS": "arn:aws:iam::444455556666:root"}, {"Service": "lambda.amazonaws.com"}),
    *({"AWS": CALLERS[0]}, {"AWS": "arn:aws:iam::111122223333:role/path/app"}, {"AWS": CALLERS[2]}),
    {"AWS": [CALLERS[4], "111122223333"], "Service": ["ec2.amazonaws.com"]},
)


def speaks_of(principal: Any, caller: str, *, has_permission: bool) -> bool:
    """Whether a Principal lets a caller in, told without the comparison's own code."""
    if principal == "*":
        return True
    for named in [one for values in principal.values() for one in ([values] if isinstance(values, str) else values)]:
        account = named.removeprefix("arn:aws:iam::").removesuffix(":root")
        if account.isdigit():
            found = f"::{account}:" in caller and has_permission
        elif ":role/" in named:
            session = f"arn:aws:sts::{named.split(':')[4]}:assumed-role/{named.split('/')[-1]}/"
            found = caller == named or caller.startswith(session)
        else:
            found = named == caller
        if found:
            return True
    return False


def lets_in(policy: dict[str, Any], caller: str, *, has_permission: bool) -> bool:
    found = {
        item["Effect"]
        for item in policy["Statement"]
        if speaks_of(item["Principal"], caller, has_permission=has_permission or item["Effect"] == "Deny")
    }
    return found == {"Allow"}


trusting = st.lists(
    st.builds(
        lambda effect, principal: {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"},
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from(PRINCIPALS),
    ),
    min_size=1,
    max_size=3,
).map(lambda made: {"Version": "2012-10-17", "Statement": made})


@settings(max_examples=60, deadline=None)
@given(trusting, trusting)
def test_a_verdict_on_principals_is_never_contradicted_by_a_caller(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    answer = compare(before, after).grants_nothing_new

    def is_new(caller: str, *, has_permission: bool) -> bool:
        let_in = [lets_in(one, caller, has_permission=has_permission) for one in (before, after)]
        return let_in == [False, True]

    new = [(one, own) for one in CALLERS for own in (True, False) if is_new(one, has_permission=own)]
    if answer.holds is True:
        assert new == []
    if answer.holds is False:
        assert answer.example
        assert is_new((answer.example.request.caller or "").partition(":")[2], has_permission=True)
    if answer.holds is None:  # what a caller without a permission of its own may do is all that is left open
        assert all(not own for _, own in new)
