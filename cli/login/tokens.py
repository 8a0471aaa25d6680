"""What is kept of a login: the token in the system's keyring, or in a file that only its owner can read.

`sessions.json` says by gateway's address who is logged in there; a token stands in it only where no keyring keeps it.
A keyring may take a secret and drop it silently (its null backend), so what was stored is read back.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

from cli.errors import CliError, Usage
from shared.keys.private_files import write_private

SERVICE = "aws-assistant"
FILE = "sessions.json"


@dataclass(frozen=True, slots=True)
class Login:
    """A session of one gateway. `plain_http`: whoever logged in allowed an address without TLS."""

    gateway: str
    session_id: str
    account: str
    caller_arn: str
    region: str
    expires_at: str
    sandbox: bool = False
    plain_http: bool = False


class Tokens:
    """The logins of this user on this machine. `use_keyring` is false where the user said so."""

    def __init__(self, directory: Path, *, use_keyring: bool = True) -> None:
        self.directory, self._file = directory, directory / FILE
        self._use_keyring = use_keyring

    @classmethod
    def of_user(cls) -> Tokens:
        """In `ASSISTANT_HOME`, or where this system keeps a user's configuration."""
        home = os.environ.get("ASSISTANT_HOME")
        directory = Path(home) if home else Path(typer.get_app_dir(SERVICE))
        return cls(directory, use_keyring=os.environ.get("ASSISTANT_KEYRING", "yes").lower() not in ("no", "off", "0"))

    def current(self) -> str | None:
        """The address of the gateway that was logged in to last."""
        return self._read().get("current")

    def find(self, gateway: str) -> tuple[Login, str] | None:
        """The login at a gateway, with its token; None where there is none. Raises CliError."""
        kept = self._read().get("sessions", {}).get(gateway)
        if not isinstance(kept, dict):
            return None
        login = Login(**{name: kept[name] for name in Login.__dataclass_fields__ if name in kept})
        token = kept.get("token") or self._from_keyring(gateway)
        return (login, token) if token else None

    def keep(self, login: Login, token: str) -> str:
        """Keep a login; where its token is: `keyring`, or the file's path."""
        in_keyring = self._use_keyring and self._into_keyring(login.gateway, token)
        kept = self._read()
        sessions = kept.get("sessions", {})
        sessions[login.gateway] = asdict(login) | ({} if in_keyring else {"token": token})
        self._write({"current": login.gateway, "sessions": sessions})
        return "keyring" if in_keyring else str(self._file)

    def forget(self, gateway: str) -> None:
        """Remove a login and its token."""
        kept = self._read()
        sessions = kept.get("sessions", {})
        if sessions.pop(gateway, {}).get("token") is None and self._use_keyring:
            self._out_of_keyring(gateway)
        current = kept.get("current")
        self._write({"current": None if current == gateway else current, "sessions": sessions})

    def write_private(self, name: str, text: str) -> Path:
        """Write a file of this folder that its owner alone can read; a reader sees the old file or the new."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.directory / name
        write_private(path, text)
        return path

    def _read(self) -> dict[str, Any]:
        try:
            with self._file.open(encoding="utf-8") as file:
                _check_private(self._file, os.fstat(file.fileno()))
                kept = json.load(file)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CliError(f"{self._file} cannot be read: {error.strerror}") from None
        except ValueError:
            raise CliError(f"{self._file} is damaged", do="Remove it and log in again.") from None
        return kept if isinstance(kept, dict) else {}

    def _write(self, kept: dict[str, Any]) -> None:
        try:
            self.write_private(FILE, json.dumps(kept, indent=2))
        except OSError as error:
            raise CliError(
                f"{self._file} cannot be written: {error.strerror}", do="ASSISTANT_HOME names another folder."
            ) from None

    def _into_keyring(self, gateway: str, token: str) -> bool:
        import keyring

        try:
            keyring.set_password(SERVICE, gateway, token)
            return keyring.get_password(SERVICE, gateway) == token
        except _keyring_failures():
            return False

    def _from_keyring(self, gateway: str) -> str | None:
        import keyring

        try:
            return keyring.get_password(SERVICE, gateway)
        except _keyring_failures() as error:
            raise CliError(f"the keyring does not give the token: {error}", do="Unlock it, or log in again.") from None

    def _out_of_keyring(self, gateway: str) -> None:
        import keyring

        with suppress(*_keyring_failures()):
            keyring.delete_password(SERVICE, gateway)


def _keyring_failures() -> tuple[type[Exception], ...]:
    """How keyrings fail that cannot be used: locked, without a desktop or a session bus, or not there."""
    from keyring.errors import KeyringError

    return KeyringError, RuntimeError, OSError


def _check_private(path: Path, found: os.stat_result) -> None:
    """Raise Usage for a file of tokens that another user may read, or has made."""
    if os.name != "posix":
        return
    if found.st_uid != os.getuid():
        raise Usage(f"{path} belongs to another user", do="Set ASSISTANT_HOME to a folder of your own.")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Usage(f"{path} can be read by others", do=f"chmod 600 {path}, and log in again: its token may be known.")
