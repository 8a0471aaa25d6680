"""The forms of ARNs in AWS's action data, all of them: filled, matched, and attacked with names that are patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from shared.access import action_data
from shared.access.arn_forms import (
    ArnForm,
    Place,
    fill,
    forms_of,
    forms_of_service,
    given,
    is_wild,
    pattern_of,
    values_of,
    variables_of,
)
from shared.access.arn_names import policy_arns, written
from shared.errors import InvalidArguments

HERE = Place("aws", "111122223333", "eu-west-1")
OF = "eu-west-1:111122223333"
HOSTILE = ("*", "a*", "?", "a?b", "${aws:username}", "a${*}", "${", "x/*", "x:*", "\n*", "é*")


def every_form() -> Iterator[tuple[str, str, str]]:
    for prefix in action_data.prefixes():
        for kind, forms in forms_of_service(prefix).items():
            for form in forms:
                yield prefix, kind, form


def test_a_form_filled_with_names_is_an_arn_of_that_form_and_has_the_names() -> None:
    for prefix, kind, form in every_form():
        names = {name: f"x{number}" for number, name in enumerate(variables_of(form))}
        arn = fill(form, names, HERE)
        assert re.fullmatch(r"arn:aws:[^\s${}]+", arn), (prefix, kind, arn)
        exact = arn.replace("*", "q")
        assert pattern_of(form).fullmatch(exact), (prefix, kind, exact)
        if "}${" not in form:
            assert values_of(form, exact) == names, (prefix, kind, exact)


def test_what_is_not_known_is_any_of_its_kind() -> None:
    for prefix, kind, form in every_form():
        arn = fill(form, {}, HERE)
        assert re.fullmatch(r"arn:aws:[^\s${}]+", arn), (prefix, kind, arn)
        assert arn.count(":") >= 5


@pytest.mark.parametrize("name", HOSTILE)
def test_no_form_takes_a_name_that_a_policy_reads_as_a_pattern(name: str) -> None:
    for _, _, form in every_form():
        for variable in variables_of(form):
            with pytest.raises(InvalidArguments) as refused:
                fill(form, {variable: name}, HERE)
            assert refused.value.code == "unnameable_resource"


def test_no_way_of_writing_a_name_makes_it_a_pattern() -> None:
    for prefix, kind, form in every_form():
        for name in ("a", "/a/b", "alias/a", "https://sqs/1/a", "123456789012:function:a:b", "", "A"):
            value = written(prefix, kind, name)
            assert value is None or not is_wild(value)
            if variables_of(form):
                arn = fill(form, {variables_of(form)[-1]: value or "x"}, HERE)
                for stands in policy_arns(prefix, kind, arn, given=False):
                    # What is widened is what AWS adds itself: a secret's suffix, a path, a group's streams.
                    assert stands.removesuffix("-??????").removesuffix(":*").count("*") <= arn.count("*") + 1


def test_matching_an_arn_ends_soon_whatever_the_text_is() -> None:
    hard = [separators * 500 for separators in ("/", ":", "-", ".", "a/", "a:", "+", "/:")]
    for prefix, _, form in every_form():
        begin = fill(form, {}, HERE).partition("*")[0]
        pattern = pattern_of(form)
        for text in hard[:: 1 if prefix in ("elasticloadbalancing", "codeartifact", "backup") else 4]:
            pattern.fullmatch(begin + text + "\n")


def test_an_arn_is_of_the_form_that_says_most_of_it() -> None:
    every = [ArnForm(kind, form, False) for kind, forms in forms_of_service("lambda").items() for form in forms]
    kinds = {
        "function:f": {"function"},
        "function:f:live": {"function alias", "function version"},
        "layer:l:1": {"layerversion"},
        "other:f": set(),
    }
    for resource, expected in kinds.items():
        assert {one.kind for one in given(every, f"arn:aws:lambda:{OF}:{resource}")} == expected
    assert given(every, f"arn:aws:sqs:{OF}:function:f") == ()


def test_a_load_balancer_of_either_generation_is_one() -> None:
    for arn, kind in (
        ("loadbalancer/app/web/50dc6c495c0c9188", "loadbalancer/app/"),
        ("loadbalancer/net/web/50dc6c495c0c9188", "loadbalancer/net/"),
        ("loadbalancer/web", "loadbalancer"),
        ("targetgroup/web/50dc6c495c0c9188", "targetgroup"),
        ("listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2", "listener/app"),
    ):
        found = given(forms_of("elasticloadbalancing:AddTags"), f"arn:aws:elasticloadbalancing:{OF}:{arn}")
        assert [one.kind for one in found] == [kind]


def test_an_account_is_the_callers_however_the_data_calls_it() -> None:
    (connector,) = forms_of_service("chime")["voice-connector"]
    assert fill(connector, {}, HERE).startswith(f"arn:aws:chime:{OF}:")


@pytest.mark.parametrize("action", ["nobody:Knows", "s3:NoSuchAction", "s3:", "", ":", "kms:CreateKey"])
def test_an_action_that_has_no_resources_has_no_forms(action: str) -> None:
    assert forms_of(action) == ()


def test_every_action_has_forms_of_its_own_resources_alone() -> None:
    for prefix in action_data.prefixes():
        known = {arn for forms in forms_of_service(prefix).values() for arn in forms}
        for action in action_data.actions(prefix):
            for form in forms_of(f"{prefix}:{action}"):
                assert form.arn in known
