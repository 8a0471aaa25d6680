"""A policy is read as people paste it, and what stood around it is said; else the error names the line."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidArguments
from shared.iam.pasted.read import read_pasted
from shared.iam.policy_json import PolicyKind

POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/a b//c#d+e'f/*"}],
}
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
TEXT, LINES = json.dumps(POLICY), json.dumps(POLICY, indent=2)
PLAIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
PLAIN_LINES = json.dumps(PLAIN, indent=2)

UNWRAPPED = {
    "a byte order mark": ("\ufeff" + TEXT, "byte order mark"),
    "a byte order mark read as Latin-1": ("ï»¿" + TEXT, "byte order mark"),
    "a code fence": (f"```json\n{LINES}\n```", "code fence"),
    "a code fence among words": (f"What does it do?\n\n```\n{LINES}\n```\n\nThanks!", "code fence"),
    "a JSON string": (json.dumps(TEXT), "JSON string"),
    "a JSON string in a JSON string": (json.dumps(json.dumps(TEXT)), "JSON string"),
    "URL encoding": (quote(TEXT), "URL encoding"),
    "URL encoding as forms do it": (quote_plus(TEXT), "URL encoding"),
    "URL encoding, twice": (quote(quote(LINES)), "URL encoding"),
    "a shell's quotation marks": (f"'{json.dumps(PLAIN)}'", "the ' around it"),
    "backslashes of a string": (TEXT.replace('"', '\\"'), "backslashes"),
    "words around it": (f"Is this fine: {TEXT} or not?", "begins in line 1"),
    "Terraform's heredoc": (f'resource "x" "y" {{\n  policy = <<EOF\n{LINES}\nEOF\n}}', "begins in line 3"),
    "a command line": (f"aws iam create-policy --policy-document '{json.dumps(PLAIN)}'", "begins in line 1"),
}
ANSWERS: dict[str, tuple[Any, str, PolicyKind]] = {
    "get-policy-version": (
        {"PolicyVersion": {"Document": POLICY, "VersionId": "v3"}},
        "PolicyVersion.Document",
        "identity",
    ),
    "get-role": (
        {"Role": {"RoleName": "app", "AssumeRolePolicyDocument": TRUST}},
        "Role.AssumeRolePolicyDocument",
        "trust",
    ),
    "get-role, URL-encoded": (
        {"Role": {"AssumeRolePolicyDocument": quote(json.dumps(TRUST))}},
        "Role.AssumeRolePolicyDocument",
        "trust",
    ),
    "get-role-policy": (
        {"RoleName": "app", "PolicyName": "p", "PolicyDocument": POLICY},
        "PolicyDocument",
        "identity",
    ),
    "get-bucket-policy": (
        {"Policy": json.dumps({"Statement": [{**POLICY["Statement"][0], "Principal": "*"}]})},
        "Policy",
        "resource",
    ),
    "get-queue-attributes": ({"Attributes": {"Policy": TEXT}}, "Attributes.Policy", "identity"),
    "describe-policy": ({"Policy": {"PolicySummary": {"Id": "p-1"}, "Content": TEXT}}, "Policy.Content", "identity"),
    "CloudFormation": (
        {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": POLICY}},
        "Properties.PolicyDocument",
        "identity",
    ),
    "Terraform's JSON": (
        {"resource": {"aws_iam_role": {"app": {"assume_role_policy": json.dumps(TRUST)}}}},
        "resource.aws_iam_role.app.assume_role_policy",
        "trust",
    ),
}
MENDED = {
    "a trailing comma": (PLAIN_LINES.replace('"*"', '"*",'), "a trailing comma (line 7)"),
    "trailing commas": (PLAIN_LINES.replace('"*"\n    }', '"*",\n    },'), "a trailing comma (lines 7, 8)"),
    "a comma behind it": (PLAIN_LINES + ",\n", "a trailing comma (line 10)"),
    "a comment": (PLAIN_LINES.replace('"Action"', '// only reads\n      "Action"'), "a comment (line 6)"),
    "a comment of several lines": (f"/* one\ntwo */\n{PLAIN_LINES}", "a comment (line 1)"),
    "a shell's comment": (PLAIN_LINES.replace("[", "[ # the first"), "a comment (line 3)"),
    "a comment before the trailing comma": (PLAIN_LINES.replace('"*"', '"*", // all'), "a trailing comma (line 7)"),
    "typographic quotation marks": (PLAIN_LINES.replace('"', "”"), "typographic quotation marks (lines 2, 3"),
    "single quotation marks": (PLAIN_LINES.replace('"', "'"), "single quotation marks (lines 2, 3"),
    "a Python dictionary": (str(PLAIN), "single quotation marks (line 1)"),
    "names as in JavaScript": (PLAIN_LINES.replace('"Effect"', "Effect"), "a name without quotation marks (line 5)"),
    "a blank of a web page": (PLAIN_LINES.replace(": ", ":\u00a0", 1), "a blank that JSON does not have (line 2)"),
    "words and a trailing comma": (f"My policy:\n\n{PLAIN_LINES.replace(']', '],')}\n", "a trailing comma (line 11)"),
}


@pytest.mark.parametrize("case", UNWRAPPED)
def test_what_surrounds_a_policy_is_taken_away_and_said(case: str) -> None:
    text, said = UNWRAPPED[case]

    pasted = read_pasted(text)

    assert pasted.document in (POLICY, PLAIN)
    assert said in pasted.notes()[0]
    assert pasted.mended == ()


@pytest.mark.parametrize("case", ANSWERS)
def test_a_policy_is_found_in_an_answer_and_its_place_tells_its_kind(case: str) -> None:
    answer, place, kind = ANSWERS[case]

    for source in (answer, json.dumps(answer, indent=4)):
        pasted = read_pasted(source)
        assert pasted.document["Statement"][0]["Effect"] == "Allow"
        assert place in " ".join(pasted.notes())
        assert pasted.kind == kind


@pytest.mark.parametrize("case", MENDED)
def test_what_is_nearly_json_is_mended_with_the_line_and_aws_would_refuse_it(case: str) -> None:
    text, said = MENDED[case]

    pasted = read_pasted(text)

    assert pasted.document == PLAIN
    assert said in " ".join(pasted.mended)
    assert "AWS refuses the text" in pasted.notes()[-1]


def test_a_policy_that_stands_there_plainly_needs_no_word() -> None:
    for source in (TEXT, LINES, f"\n  {TEXT}\n", POLICY):
        assert read_pasted(source).document == POLICY
        assert read_pasted(source).notes() == ()


def test_nothing_within_a_string_is_mended() -> None:
    tricky = {"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/ //x,] #“y” 'z' /*w*/"}]}
    assert read_pasted(json.dumps(tricky)[:-1] + ",}").document == tricky


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("explain my policy", "line 1, column 1"),
        (PLAIN_LINES.replace('"Allow",', '"Allow"'), "line 6"),
        (PLAIN_LINES.replace("[", "[ // first").replace('"Allow",', '"Allow"'), "line 6"),
        (PLAIN_LINES[:-2], "line 9"),
        (f"{TEXT}\n{TEXT}", "holds 2 policies (in lines 1, 2)"),
        (json.dumps({"a": {"AssumeRolePolicyDocument": TRUST}, "b": {"PolicyDocument": POLICY}}), "(a.Assume"),
        ('{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}', "is one statement: put it into"),
        ('[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]', "is a list of statements: put them"),
        ('{"statement": []}', 'it has "statement", and names are taken letter by letter'),
        ('{"Statement": [{"Effect": "Deny", "Effect": "Allow",}]}', "twice in one object: Effect"),
        ('jsonencode({\n  Version = "2012-10-17"\n})', "Terraform's own language"),
        ("Version: '2012-10-17'\nStatement:\n- Effect: Allow\n", "YAML"),
        (json.dumps(json.dumps({"Statement": "x" * 30_000})), "at most 20480"),
        ("x" * 90_000, "at most 81920"),
        ('{"Policy": "' + "[" * 3000 + '"}', 'no "Statement"'),
    ],
)
def test_what_can_be_meant_in_two_ways_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        read_pasted(text)
    assert said in caught.value.detail


def test_of_several_policies_the_one_of_the_wanted_kind_is_taken() -> None:
    role = {
        "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": [{"PolicyName": "p", "PolicyDocument": POLICY}]}
    }

    assert read_pasted(role, kind="trust").document == TRUST
    assert read_pasted(role, kind="identity").document == POLICY
    with pytest.raises(InvalidArguments, match="holds 2 policies"):
        read_pasted(role)


@given(st.text() | st.text(alphabet="{}[]\"'“,:/*# \n\\%7bStatement"))
def test_any_text_is_a_policy_or_an_invalid_argument(text: str) -> None:
    with contextlib.suppress(InvalidArguments):
        assert "Statement" in read_pasted(text).document


@pytest.mark.parametrize(
    "text",
    [
        "{" * 80_000,
        '{"a":' * 16_000,
        "[" * 80_000,
        '{"' * 40_000,
        "/*" * 40_000,
        "'" * 80_001,
        "“" * 26_000,
        "```\n" * 20_000,
        "%7B" * 26_000,
        ", " * 40_000 + "}",
        '{"Statement": [' + "}" * 60_000,
        "{ //" * 20_000,
        "#\n" * 40_000,
        "\n" * 80_000 + "Z",
        "```\n" + " " * 79_000 + "Z",
        "{'" + " " * 79_000,
        json.dumps({str(number): '{"Statement": []}' for number in range(2000)}),
    ],
    ids=range(17),
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    with pytest.raises(InvalidArguments):
        read_pasted(text)
    assert time.process_time() - started < 2
