"""What is kept of a login: in the keyring where one keeps it, else in a file that only its owner can read."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from cli.errors import CliError, Usage
from cli.login.tokens import Login, Tokens

GATEWAY = "http://127.0.0.1:8080"
LOGIN = Login(GATEWAY, "ses_1", "111122223333", "arn:aws:iam::111122223333:user/ann", "eu-west-1", "2026-11-26T12:00Z")


class Safe(KeyringBackend):
    """A keyring in memory."""

    priority = 1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def own_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_the_keyring_keeps_the_token_and_the_file_does_not(tmp_path: Path) -> None:
    safe = Safe()
    keyring.set_keyring(safe)
    tokens = Tokens(tmp_path / "home")
    assert tokens.keep(LOGIN, "secret-token") == "keyring"
    assert "secret-token" not in (tmp_path / "home/sessions.json").read_text()
    assert tokens.find(GATEWAY) == (LOGIN, "secret-token")
    assert tokens.current() == GATEWAY
    tokens.forget(GATEWAY)
    assert (tokens.find(GATEWAY), tokens.current(), safe.kept) == (None, None, {})


@pytest.mark.parametrize("backend", [null.Keyring(), fail.Keyring()])
def test_a_keyring_that_keeps_nothing_is_noticed(tmp_path: Path, backend: KeyringBackend) -> None:
    keyring.set_keyring(backend)
    tokens = Tokens(tmp_path / "home")
    assert tokens.keep(LOGIN, "secret-token") == str(tmp_path / "home/sessions.json")
    assert tokens.find(GATEWAY) == (LOGIN, "secret-token")


def test_the_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "home", use_keyring=False)
    tokens.keep(LOGIN, "secret-token")
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "home/sessions.json").stat().st_mode) == 0o600


def test_a_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, use_keyring=False)
    tokens.keep(LOGIN, "secret-token")
    (tmp_path / "sessions.json").chmod(0o640)
    with pytest.raises(Usage, match="can be read by others"):
        tokens.find(GATEWAY)


def test_logins_at_several_gateways_are_kept_apart(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, use_keyring=False)
    other = Login("https://b.example", "ses_2", "1", "arn", "eu-west-1", "", sandbox=True)
    tokens.keep(LOGIN, "one")
    tokens.keep(other, "two")
    assert [
        (found and found[1]) for found in map(tokens.find, (GATEWAY, "https://b.example", "https://c.example"))
    ] == [
        "one",
        "two",
        None,
    ]
    tokens.forget("https://c.example")
    assert tokens.current() == "https://b.example"


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, use_keyring=False)
    tokens.write_private("sessions.json", "{")
    with pytest.raises(CliError, match="damaged") as raised:
        tokens.find(GATEWAY)
    assert raised.value.do == "Remove it and log in again."


def test_a_field_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, use_keyring=False)
    tokens.keep(LOGIN, "one")
    kept = json.loads((tmp_path / "sessions.json").read_text())
    kept["sessions"][GATEWAY]["newer"] = 1
    tokens.write_private("sessions.json", json.dumps(kept))
    assert tokens.find(GATEWAY) == (LOGIN, "one")
