"""Settings come from the environment, and secrets from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from shared.settings import Settings


class Example(Settings):
    signing_key: SecretStr
    answers: int = 1


def test_a_secret_comes_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("SIGNING_KEY_FILE", str(tmp_path / "key"))
    settings = Example()
    assert settings.signing_key.get_secret_value() == "from the file"
    assert "from the file" not in repr(settings)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNING_KEY", "a key")
    monkeypatch.setenv("ANSWERS", "")
    assert Example().answers == 1


def test_a_missing_secret_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGNING_KEY", raising=False)
    with pytest.raises(ValidationError, match="signing_key"):
        Example()
