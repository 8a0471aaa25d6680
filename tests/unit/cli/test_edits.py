"""Arguments as people type them."""

from __future__ import annotations

import pytest

from cli.commands.grants import seconds
from cli.errors import Usage
from cli.plans.edits import arguments_of, edit_body, value_of
from tests.unit.cli.conftest import a_plan


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("eu-west-1", "eu-west-1"),
        ("true", True),
        ("null", None),
        ("42", 42),
        ("012", "012"),
        ("1e3", "1e3"),
        ('["a", 1]', ["a", 1]),
        ('{"a": 1}', {"a": 1}),
        ('"quoted"', '"quoted"'),
        ("{broken", "{broken"),
        ("", ""),
        ("a=b", "a=b"),
    ],
)
def test_a_value_is_json_where_it_is_some_and_text_otherwise(text: str, value: object) -> None:
    assert value_of(text) == value


def test_the_tools_schema_says_what_is_a_text() -> None:
    schema = {
        "properties": {
            "account": {"type": "string"},
            "prefix": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "days": {"type": "integer"},
            "regions": {"anyOf": [{"type": "array"}, {"type": "null"}]},
        }
    }
    words = ["account=111122223333", "prefix=2026", "days=7", 'regions=["eu-west-1"]', "unknown=1"]
    assert arguments_of(words, schema) == {
        "account": "111122223333",
        "prefix": "2026",
        "days": 7,
        "regions": ["eu-west-1"],
        "unknown": 1,
    }


def test_an_edit_names_step_and_argument() -> None:
    plan = a_plan(steps=[{"id": "s1", "arguments": {"name": "a-b", "size": 1}}])
    assert edit_body(["s1.name=2026", "s1.size=2", "s1.region=null", "-s2"], plan) == {
        "remove": ["s2"],
        "arguments": {"s1": {"name": "2026", "size": 2, "region": None}},
    }


@pytest.mark.parametrize("word", ["name=x", "s1.name", ".x=1", "s1.=1", "="])
def test_what_is_no_edit_says_how_one_is_written(word: str) -> None:
    with pytest.raises(Usage, match="no edit"):
        edit_body([word], a_plan())


def test_what_is_no_argument_says_how_one_is_written() -> None:
    with pytest.raises(Usage, match="no argument"):
        arguments_of(["name"], {})


@pytest.mark.parametrize(("text", "value"), [("90", 90), ("90s", 90), ("30m", 1800), ("2h", 7200)])
def test_durations(text: str, value: int) -> None:
    assert seconds(text) == value


def test_what_is_no_duration_is_refused() -> None:
    for text in ("", "h", "1d", "-1s", "1.5h"):
        with pytest.raises(Usage):
            seconds(text)
