"""A typed function becomes a tool: its schema, its validation, its failures."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel

from shared.errors import InvalidArguments, NotFound
from shared.messages import Effect
from shared.tools import Toolbox, brief_of


class Answer(BaseModel):
    text: str


def a_toolbox() -> Toolbox:
    toolbox = Toolbox("info")

    @toolbox.tool(effect=Effect.READ, iam_actions=("s3:ListBucket",))
    def repeat(context: object, word: str, times: int = 1, style: Literal["plain", "loud"] = "plain") -> Answer:
        """Repeat a word.

        The second paragraph belongs to the description.

        Args:
            word: What to repeat,
                on two lines.
            times: How often.
        """
        return Answer(text=(word.upper() if style == "loud" else word) * times)

    return toolbox


def test_the_schema_comes_from_hints_and_docstring() -> None:
    tool = a_toolbox()["repeat"]
    assert tool.description == "Repeat a word. The second paragraph belongs to the description."
    assert tool.parameters == {
        "additionalProperties": False,
        "properties": {
            "word": {"description": "What to repeat, on two lines.", "type": "string"},
            "times": {"default": 1, "description": "How often.", "type": "integer"},
            "style": {"default": "plain", "enum": ["plain", "loud"], "type": "string"},
        },
        "required": ["word"],
        "type": "object",
    }


def test_a_call_gets_typed_arguments() -> None:
    assert a_toolbox()["repeat"].call(None, {"word": "ab", "times": 2, "style": "loud"}) == Answer(text="ABAB")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "word"),
        ({"word": "a", "tims": 2}, "tims"),
        ({"word": "a", "style": "soft"}, "style"),
        ({"word": 3}, "word"),
    ],
)
def test_what_is_wrong_is_named_without_the_value(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidArguments, match=named) as raised:
        a_toolbox()["repeat"].call(None, arguments)  # type: ignore[arg-type]  # wrong on purpose
    assert "soft" not in raised.value.detail


def test_an_unknown_argument_is_told_which_one_may_be_meant() -> None:
    with pytest.raises(InvalidArguments, match=r"tims: .* \(did you mean times\?\)"):
        a_toolbox()["repeat"].call(None, {"word": "a", "tims": 2})
    with pytest.raises(InvalidArguments) as raised:
        a_toolbox()["repeat"].call(None, {"word": "a", "wrod": "b"})
    assert "did you mean" not in raised.value.detail, "what was given already is not what another one means"


def test_the_brief_text_is_the_first_paragraph() -> None:
    assert brief_of(a_toolbox()["repeat"].function) == "Repeat a word."


def test_an_unknown_tool_is_not_found() -> None:
    with pytest.raises(NotFound, match="no_tool"):
        a_toolbox()["no_tool"]


def test_a_name_is_registered_once() -> None:
    toolbox = a_toolbox()

    def repeat(context: object) -> Answer:
        """Another one."""
        return Answer(text="")

    with pytest.raises(ValueError, match="twice"):
        toolbox.tool(effect=Effect.READ)(repeat)


def test_a_tool_without_docstring_is_refused() -> None:
    def nameless(context: object) -> Answer:
        return Answer(text="")

    with pytest.raises(ValueError, match="docstring"):
        Toolbox("info").tool(effect=Effect.READ)(nameless)
