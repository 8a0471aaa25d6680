"""Policy text becomes a document, or an error that says where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidArguments
from shared.iam.policy_json import infer_kind, read_policy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"Statement": [}', "line 1, column 16"),
        ('{"Statement": [],\n "Id": nope}', "line 2, column 8"),
        ("[]", "an array"),
        ("null", "null"),
        ("{}", 'no "Statement"; it has no keys'),
        ('{"Version": "2012-10-17"}', "it has Version"),
        ('{"Statement": [{"Effect": "Deny", "Effect": "Allow"}]}', "twice in one object: Effect"),
        ('{"Statement": NaN}', "NaN"),
        ('{"Statement": "\\ud800"}', "surrogate"),
        ('{"Statement": ' + "[" * 3000 + "]" * 3000 + "}", "nested too deeply"),
        ('{"Statement": "' + "a" * 20480 + '"}', "at most 20480"),
        ('{"Statement": ' + "9" * 5000 + "}", "not valid JSON"),
    ],
)
def test_what_is_no_policy_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        read_policy(text)
    assert said in caught.value.detail


def test_an_object_is_taken_as_well_as_text() -> None:
    assert read_policy({"Statement": []}) == read_policy('{"Statement": []}')


@given(st.text())
def test_any_text_is_a_policy_or_an_invalid_argument(text: str) -> None:
    with pytest.raises(InvalidArguments):
        read_policy(text)


def test_the_kind_shows_in_the_shape() -> None:
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    assert infer_kind({"Statement": {**allow, "Resource": "*"}}) == "identity"
    assert infer_kind({"Statement": [{**allow, "Principal": "*"}]}) == "trust"
    assert infer_kind({"Statement": [{**allow, "Principal": "*", "Action": "s3:GetObject"}]}) == "resource"
