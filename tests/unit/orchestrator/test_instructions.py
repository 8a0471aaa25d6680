"""The operator's own instructions for the model are read once, and refused where they cannot be filled in."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.orchestrator.instructions import BUILT_IN, PLACEHOLDERS, read_instructions
from services.orchestrator.turns.context.prompt import system_prompt
from tests.fakes.workers import a_session


def test_without_a_file_they_are_the_built_in_ones() -> None:
    assert read_instructions(None) is BUILT_IN
    assert set(BUILT_IN.get_identifiers()) == PLACEHOLDERS


def test_a_file_takes_their_place_and_is_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "short.md"
    file.write_text("Serve $caller_arn in $account. Prices are in $$.")
    prompt = system_prompt(a_session(), instructions=read_instructions(str(file)), read_only=True)
    assert prompt.startswith("Serve arn:aws:iam::123456789012:user/ada in 123456789012. Prices are in $.")
    assert "read-only" in prompt


@pytest.mark.parametrize(
    ("text", "why"),
    [("Hello $name", r"name \$name; there are \$account"), ("5 $ a day", r"\$ that begins no name")],
)
def test_a_file_that_cannot_be_filled_in_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "wrong.md"
    file.write_text(text)
    with pytest.raises(ValueError, match=why):
        read_instructions(str(file))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_instructions(str(tmp_path / "none.md"))
