"""Settings come from the environment, and secrets from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr, ValidationError

from shared.settings import Settings, load


class Example(Settings):
    signing_key: SecretStr
    answers: int = 1
    polite: bool = False
    renamed: ClassVar[Mapping[str, str]] = {"answers": "replies"}


@pytest.fixture(autouse=True)
def a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNING_KEY", "a key")


def test_a_secret_comes_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.delenv("SIGNING_KEY")
    monkeypatch.setenv("SIGNING_KEY_FILE", str(tmp_path / "key"))
    settings = Example()
    assert settings.signing_key.get_secret_value() == "from the file"
    assert "from the file" not in repr(settings)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSWERS", "")
    assert Example().answers == 1


def test_a_missing_secret_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGNING_KEY", raising=False)
    with pytest.raises(ValidationError, match="signing_key"):
        Example()


def test_a_fields_old_name_is_read_where_the_new_one_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLIES", "7")
    assert Example().answers == 7
    monkeypatch.setenv("ANSWERS", "8")
    assert Example().answers == 8


@pytest.mark.parametrize("name", ["ANSWERS", "REPLIES"])
def test_a_wrong_value_is_named_as_it_was_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "many")
    with pytest.raises(SystemExit, match=f"^{name} is 'many': "):
        load(Example)


@pytest.mark.parametrize(
    ("word", "means"),
    [(word, True) for word in ("yes", "Yes", "true", "TRUE", "1", "on", " yes ")]
    + [(word, False) for word in ("no", "No", "false", "FALSE", "0", "off", "")],
)
def test_a_boolean_is_what_its_word_says(word: str, means: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLITE", word)
    assert load(Example).polite is means


def test_a_word_that_is_no_boolean_stops_the_start_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLITE", "maybe")
    with pytest.raises(SystemExit) as stopped:
        load(Example)
    assert str(stopped.value) == "POLITE is 'maybe'; write yes, true, on or 1, or no, false, off or 0"


def test_every_setting_that_is_wrong_has_a_sentence_and_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSWERS", "many")
    monkeypatch.setenv("LOG_LEVEL", "chatty")
    monkeypatch.delenv("SIGNING_KEY")
    with pytest.raises(SystemExit) as stopped:
        load(Example)
    said = str(stopped.value)
    assert [line.split()[0] for line in sorted(said.splitlines())] == ["ANSWERS", "LOG_LEVEL", "SIGNING_KEY"]
    assert "SIGNING_KEY is not set, nor is SIGNING_KEY_FILE" in said


def test_a_file_that_cannot_be_read_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SIGNING_KEY")
    monkeypatch.setenv("SIGNING_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="a file that a setting names cannot be read"):
        load(Example)


@pytest.mark.parametrize(("name", "word", "means"), [("LOG_LEVEL", "debug", "DEBUG"), ("LOG_FORMAT", "JSON", "json")])
def test_a_word_of_the_log_is_read_in_any_case(
    name: str, word: str, means: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, word)
    assert getattr(load(Example), name.lower()) == means
