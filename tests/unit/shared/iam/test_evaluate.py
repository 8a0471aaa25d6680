"""What policies say about a request: AWS's evaluation logic, and every way for a policy to be not what AWS takes."""

from __future__ import annotations

from typing import Any

import pytest

from shared.iam.evaluate import Verdict, evaluate

OBJECT = "arn:aws:s3:::photos/2024/cat.jpg"
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DENY = {**ALLOW, "Effect": "Deny"}


def document(*statements: dict[str, Any], version: str | None = "2012-10-17") -> dict[str, Any]:
    return {**({"Version": version} if version else {}), "Statement": list(statements)}


def decide(*statements: dict[str, Any], version: str | None = "2012-10-17", **request: Any) -> Verdict:
    """Evaluate one policy of these statements for s3:GetObject on an object."""
    policies = [{"name": "photos", "source": "inline in user ann", "document": document(*statements, version=version)}]
    return evaluate(policies, **{"action": "s3:GetObject", "resource": OBJECT, **request})


def test_what_nothing_allows_is_denied() -> None:
    verdict = decide({**ALLOW, "Action": "s3:PutObject"})

    assert (verdict.decision, verdict.kind, verdict.source) == ("denied", "implicit_deny", None)
    assert verdict.reason == f"no identity policy allows s3:GetObject on {OBJECT}"


def test_an_explicit_deny_wins_wherever_it_is_and_is_named() -> None:
    deny = document({**DENY, "Sid": "NoPhotos"})
    policies = [{"name": "all", "document": document(ALLOW)}, {"name": "no", "source": "group", "document": deny}]

    verdict = evaluate(policies, action="s3:GetObject", resource=OBJECT)

    assert (verdict.decision, verdict.kind) == ("denied", "explicit_deny")
    assert verdict.source == "Statement[0] 'NoPhotos' of policy no (group)"
    for place in ("boundary", "session_policies"):
        limit: Any = deny if place == "boundary" else [deny]
        assert evaluate([document(ALLOW)], action="s3:GetObject", resource=OBJECT, **{place: limit}).kind == (
            "explicit_deny"
        )


def test_boundary_and_session_policies_must_allow_too() -> None:
    other = document({**ALLOW, "Action": "ec2:*"})

    assert decide(ALLOW, boundary=document(ALLOW), session_policies=[other, document(ALLOW)]).allowed
    assert decide(ALLOW, boundary=other).kind == "boundary"
    assert decide(ALLOW, session_policies=[other]).kind == "session_policy"
    assert decide(ALLOW, session_policies=[]).allowed


@pytest.mark.parametrize(
    ("action", "matches"),
    [
        ("*", True),
        ("*:*", True),
        ("s3:*", True),
        ("S3:getobject", True),
        ("s3:*Object", True),
        ("s3:Get?bject", True),
        ("s3:Get?Object", False),
        ("s3:GetObjec", False),
        ("s3:GetObject*", True),
        ("s3:.*", False),
        ("s3:[A-Z]*", False),
        ("ec2:*", False),
    ],
)
def test_actions_match_without_case_and_with_wildcards(action: str, matches: bool) -> None:
    assert decide({**ALLOW, "Action": ["iam:GetUser", action]}).allowed is matches
    assert decide({"Effect": "Allow", "NotAction": action, "Resource": "*"}).allowed is not matches


@pytest.mark.parametrize(
    ("resource", "matches"),
    [
        ("*", True),
        ("arn:aws:s3:::photos/*", True),
        ("arn:aws:s3:::*", True),
        ("arn:*:s3:::*", True),
        ("arn:aws:s3:::*/cat.jpg", True),
        ("arn:aws:s3:::photos/2024/cat?jpg", True),
        ("arn:aws:s3:::Photos/*", False),
        ("arn:aws:s3:::photos", False),
        ("arn:aws:s3:::photos/2024/cat.jpg?", False),
        ("arn:aws:s3:::photos/....*", False),
        ("", None),
    ],
)
def test_resources_match_with_case_and_wildcards_cross_separators(resource: str, matches: bool | None) -> None:
    verdict = decide({**ALLOW, "Resource": resource})
    if matches is None:
        assert verdict.kind == "malformed_policy"
        return
    assert verdict.allowed is matches
    assert decide({"Effect": "Allow", "Action": "s3:*", "NotResource": [resource]}).allowed is not matches


def test_a_wildcard_pattern_takes_no_time_to_fail() -> None:
    resource = "arn:aws:s3:::" + "a*" * 200 + "b"

    assert not decide({**ALLOW, "Resource": resource}, resource="arn:aws:s3:::" + "a" * 1000).allowed


def test_not_action_with_deny_leaves_only_what_it_names() -> None:
    only_reading = {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}

    assert decide({**ALLOW, "Action": "*"}, only_reading).allowed
    assert decide({**ALLOW, "Action": "*"}, only_reading, action="s3:PutObject").kind == "explicit_deny"


@pytest.mark.parametrize(
    ("resource", "context", "allowed"),
    [
        ("arn:aws:s3:::photos/${aws:username}/*", {"aws:username": "2024"}, True),
        ("arn:aws:s3:::photos/${AWS:UserName}/*", {"aws:username": "2024"}, True),
        ("arn:aws:s3:::photos/${aws:username}/*", {"aws:username": "*"}, False),
        ("arn:aws:s3:::photos/${aws:username}/*", {}, False),
        ("arn:aws:s3:::photos/${aws:username, '2024'}/*", {}, True),
        ("arn:aws:s3:::photos/${aws:TagKeys}/*", {"aws:TagKeys": ["2024", "x"]}, False),
        ("arn:aws:s3:::photos/${*}/*", {}, False),
        ("arn:aws:s3:::photos/2024/cat${?}jpg", {}, False),
        ("arn:aws:s3:::photos/${aws:PrincipalTag/year}/*", {"aws:PrincipalTag/year": "2024"}, True),
    ],
)
def test_policy_variables_are_replaced_and_their_values_are_literal(
    resource: str, context: dict[str, Any], allowed: bool
) -> None:
    assert decide({**ALLOW, "Resource": resource}, context=context).allowed is allowed


def test_special_variables_stand_for_the_characters_themselves() -> None:
    statement = {**ALLOW, "Resource": "arn:aws:s3:::b/${*}${?}${$}"}

    assert decide(statement, resource="arn:aws:s3:::b/*?$").allowed
    assert not decide(statement, resource="arn:aws:s3:::b/ab$").allowed


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_variables_are_plain_text_before_2012(version: str | None) -> None:
    statement = {**ALLOW, "Resource": "arn:aws:s3:::b/${aws:username}"}

    assert not decide(
        statement, version=version, resource="arn:aws:s3:::b/ann", context={"aws:username": "ann"}
    ).allowed
    assert decide(statement, version=version, resource="arn:aws:s3:::b/${aws:username}").allowed


WITHOUT_VALUE = "arn:aws:s3:::photos/${aws:username}/*"
NO_ARNS = [
    *("arn:*", "arn:aws:s3:*", "arn:aws:s3*", "*:*", "**", "photos/*", "s3:::photos", "xrn:aws:s3:::photos"),
    *("arn::s3:::photos", "arn:aws:*:::photos", "arn:aws:s?:::photos", "arn:AWS:s3:::photos", "${aws:username}"),
]
ON_IT: dict[str, Any] = {"resource": "arn:aws:s3:::photos/2024/cat.jpg"}


@pytest.mark.parametrize("pattern", [WITHOUT_VALUE, *NO_ARNS])
def test_a_statement_with_a_pattern_that_aws_may_not_resolve_is_unknown_whatever_it_would_do(pattern: str) -> None:
    everything = {**ALLOW, "Action": "*", "Resource": "*"}
    for element in (
        {"Resource": pattern},
        {"NotResource": pattern},
        {"Resource": ["*", pattern]},
        {"NotResource": ["arn:aws:s3:::other", pattern]},
    ):
        verdict = decide({"Effect": "Allow", "Action": "*", **element}, **ON_IT)
        denial = decide(everything, {"Effect": "Deny", "Action": "*", **element}, **ON_IT)
        assert (verdict.decision, denial.decision) == ("unknown", "unknown"), element


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalTag/a": "${aws:username}"}},
        {"StringNotEquals": {"aws:PrincipalTag/a": "${aws:username}"}},
        {"StringNotEquals": {"aws:PrincipalTag/none": "${aws:username}"}},
        {"StringEqualsIfExists": {"aws:PrincipalTag/none": "${aws:username}"}},
        {"StringLike": {"aws:PrincipalTag/a": ["x", "${aws:username}"]}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": "${aws:username}"}},
        {"StringNotEquals": {"aws:PrincipalTag/${aws:username}": "x"}},
    ],
)
def test_so_is_one_whose_condition_has_a_variable_without_a_value(condition: dict[str, Any]) -> None:
    context = {"aws:PrincipalTag/a": "x"}
    everything = {**ALLOW, "Action": "*", "Resource": "*"}

    assert decide({**everything, "Condition": condition}, context=context).decision == "unknown"
    denial = decide(everything, {**everything, "Effect": "Deny", "Condition": condition}, context=context)
    assert denial.decision == "unknown"


def test_one_that_fails_for_another_reason_stays_a_no() -> None:
    statement = {**ALLOW, "Resource": WITHOUT_VALUE}

    assert decide(statement, resource="arn:aws:s3:::other").decision == "denied"
    assert decide(
        {**statement, "Condition": {"Bool": {"aws:a": "true"}}}, context={"aws:a": "false"}, **ON_IT
    ).kind == ("implicit_deny")


def test_an_action_with_a_variable_excepts_nothing_for_certain() -> None:
    assert decide({"Effect": "Allow", "NotAction": "s3:${aws:username}", "Resource": "*"}).decision == "unknown"


def test_a_variable_where_aws_supports_none_is_never_a_yes() -> None:
    statement = {**ALLOW, "Resource": "arn:aws:s3::${aws:PrincipalAccount}:b"}
    request: dict[str, Any] = {"resource": "arn:aws:s3::1:b", "context": {"aws:PrincipalAccount": "1"}}

    assert decide(statement, **request).kind == "undecided"
    assert decide({**ALLOW, "Resource": "*"}, {**statement, "Effect": "Deny"}, **request).kind == "undecided"


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        ('{"Statement": [], "Statement": []}', "twice"),
        ({"Version": "2012-10-17"}, "no Statement"),
        ({"Version": "2020-01-01", "Statement": []}, "Version"),
        ({"Statement": ["x"]}, "not an object"),
        ({"Statement": [], "Comment": ""}, "unknown element 'Comment'"),
        (document({**ALLOW, "Effect": "allow"}), "Effect"),
        (document({"Action": "*", "Resource": "*"}), "Effect"),
        (document({**ALLOW, "Principal": "*"}), "Principal"),
        (document({**ALLOW, "NotPrincipal": {"AWS": "*"}}), "Principal"),
        (document({**ALLOW, "NotAction": "x:y"}), "both Action and NotAction"),
        (document({"Effect": "Allow", "Resource": "*"}), "neither Action nor NotAction"),
        (document({"Effect": "Allow", "Action": "*"}), "neither Resource nor NotResource"),
        (document({**ALLOW, "Action": "GetObject"}), "names no service"),
        (document({**ALLOW, "Action": None}), "not text"),
        (document({**ALLOW, "Resource": [1]}), "not text"),
        (document({"Effect": "Allow", "NotAction": [], "Resource": "*"}), "empty"),
        (document({**ALLOW, "Condition": None}), "Condition"),
        (document({**ALLOW, "Condition": {"Bool": "x"}}), "Condition Bool"),
        (document({**ALLOW, "Condition": {"Bool": {"aws:x": None}}}), "Condition aws:x"),
        (document({**ALLOW, "Condition": {"Bool": {"aws:x": [["y"]]}}}), "Condition aws:x"),
        (document({**ALLOW, "Sid": 1}), "Sid"),
        (document({**ALLOW, "Extra": 1}), "unknown element 'Extra'"),
    ],
)
def test_a_malformed_policy_allows_nothing_and_says_why(policy: Any, why: str) -> None:
    verdict = evaluate([document(ALLOW), policy], action="s3:GetObject", resource=OBJECT)

    assert (verdict.decision, verdict.kind) == ("unknown", "malformed_policy")
    assert why in verdict.reason


@pytest.mark.parametrize(
    "request_",
    [{"action": "GetObject"}, {"action": "s3:*"}, {"action": ""}, {"resource": ""}, {"context": {"aws:x": object()}}],
)
def test_a_request_that_nobody_can_make_is_not_allowed(request_: dict[str, Any]) -> None:
    assert decide({**ALLOW, "Action": "*"}, **request_).kind == "malformed_request"


def test_an_empty_list_of_actions_or_resources_has_no_effect() -> None:
    assert decide(ALLOW, {**DENY, "Action": []}, {**DENY, "Resource": []}).allowed
    assert decide({**ALLOW, "Action": []}).kind == "implicit_deny"


def test_a_single_statement_needs_no_list_and_a_document_may_be_text() -> None:
    policy = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'

    assert evaluate([policy], action="s3:GetObject", resource=OBJECT).allowed


def test_a_certain_no_is_said_even_where_something_else_is_unknown() -> None:
    maybe = {**DENY, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}

    assert decide(maybe, complete=False).kind == "implicit_deny"
    assert decide(ALLOW, maybe, DENY, complete=False).kind == "explicit_deny"
    verdict = decide(ALLOW, maybe, complete=False)
    assert verdict.decision == "unknown"
    assert "aws:MultiFactorAuthPresent is not known" in verdict.reason
    assert decide(ALLOW, maybe, complete=False, context={"aws:MultiFactorAuthPresent": None}).allowed
