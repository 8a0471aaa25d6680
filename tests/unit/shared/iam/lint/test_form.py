"""The grammar: what AWS refuses is found whatever stands where, and by one code each."""

from __future__ import annotations

from typing import Any

import pytest

from shared.iam.lint.checking import MAX_FINDINGS
from shared.iam.lint.codes import CODES, finding
from shared.iam.lint.linter import lint, refused

GOOD = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::photos"}
WRONG = (None, 7, True, [], {}, [7], [["a"]], [{}], {"a": 1}, "")


def policy(*statements: object) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize("document", [None, [], "x", 7, {}, {"Statement": "x"}, {"Statement": []}, {"Statement": [7]}])
def test_what_is_no_policy_is_refused(document: object) -> None:
    assert refused(document, "identity")
    assert {one.severity for one in refused(document, "trust")} == {"high"}


@pytest.mark.parametrize("value", [value for value in WRONG if value != ""])
@pytest.mark.parametrize(("name", "code"), [("Effect", "bad_effect"), ("Action", "bad_action")])
def test_a_wrong_value_has_the_code_of_its_element(name: str, code: str, value: object) -> None:
    assert code in {one.code for one in refused(policy({**GOOD, name: value}), "identity")}


@pytest.mark.parametrize("value", WRONG)
def test_a_wrong_resource_sid_version_or_condition_is_refused(value: object) -> None:
    assert "bad_resource" in {one.code for one in refused(policy({**GOOD, "Resource": value}), "identity")}
    assert refused({**policy(GOOD), "Version": value}, "identity")
    if value != "":
        assert "bad_sid" in {one.code for one in refused(policy({**GOOD, "Sid": value}), "identity")}
    if value != {}:
        assert "bad_condition" in {one.code for one in refused(policy({**GOOD, "Condition": value}), "identity")}


@pytest.mark.parametrize("value", [None, {}, [{}], {"a": 1}])
def test_a_conditions_value_is_text_a_number_or_a_boolean(value: object) -> None:
    condition = {"StringEquals": {"s3:prefix": value}}
    found = refused(policy({**GOOD, "Condition": condition}), "identity")
    assert [one.code for one in found] == ["bad_condition"]
    assert found[0].path == "Statement[0].Condition.StringEquals.s3:prefix"


def test_every_problem_is_told_at_once_with_its_place() -> None:
    found = refused(policy({"Effect": "Maybe", "Action": "read", "Resource": "photos"}, GOOD, "x"), "identity")
    assert {(one.code, one.path) for one in found} == {
        ("bad_effect", "Statement[0]"),
        ("bad_action", "Statement[0].Action"),
        ("malformed_arn", "Statement[0].Resource"),
        ("bad_statement", "Statement[2]"),
    }


def test_every_action_by_two_wildcards_is_every_action() -> None:
    assert [one.code for one in lint(policy({**GOOD, "Action": "*:*", "Resource": "*"}), "identity")] == [
        "admin_access"
    ]


def test_a_list_of_findings_ends_somewhere() -> None:
    found = lint(policy(*[{**GOOD, "Action": "s3:*", "Resource": "*"}] * 200), "identity")
    assert len(found) == MAX_FINDINGS + 1
    assert found[-1].code == "more_findings"


def test_a_finding_has_a_code_and_a_severity_of_the_table() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        finding("nonsense", "high", "")
    with pytest.raises(ValueError, match="old_version"):
        finding("old_version", "high", "")
    for name, code in CODES.items():
        assert code.severities, name
        assert not code.refused or code.severities == ("high",)
