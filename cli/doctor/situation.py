"""What the doctor looks at: settings, keys, addresses, and the credentials of a session where there are some."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cli import DEFAULT_GATEWAY


@dataclass(frozen=True, slots=True)
class Situation:
    """`session` is the body of POST /v1/sessions, or what holds its fields; `asked` are options that were given."""

    environment: Mapping[str, str]
    keys: Path | None = None
    gateway: str = DEFAULT_GATEWAY
    session: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    directories: tuple[Path, ...] = ()
    env_file: Path | None = None
    asked: frozenset[str] = frozenset()

    def setting(self, name: str) -> str | None:
        """A variable's value, or that of the file that NAME_FILE names; None where neither is set or readable."""
        if value := self.environment.get(name, "").strip():
            return value
        return read(self.environment.get(f"{name}_FILE"))

    @property
    def real_aws(self) -> bool:
        """What USE_REAL_AWS says; a word that is no boolean is `checks/settings.py`'s to name."""
        try:
            return TypeAdapter(bool).validate_python(self.environment.get("USE_REAL_AWS", "").strip() or "no")
        except ValidationError:
            return False

    @property
    def aws_endpoint(self) -> str | None:
        """Where the services look for AWS; None for AWS's own addresses."""
        if self.facts:
            return self.facts.get("aws_endpoint")  # the local stack hides what a shell exports
        if self.real_aws:
            return self.setting("AWS_ENDPOINT_URL")
        return self.setting("AWS_ENDPOINT_URL") or self.setting("SANDBOX_AWS_URL")

    @property
    def bedrock_endpoint(self) -> str | None:
        if self.facts:
            return self.facts.get("bedrock_endpoint")
        named = self.setting("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")
        return named if named or self.real_aws else self.setting("SANDBOX_BEDROCK_URL")

    @property
    def model_url(self) -> str | None:
        """Where the gateway looks for the model; None where that is the sandbox's and its address is not known."""
        if url := self.facts.get("openai_base_url") or self.setting("OPENAI_BASE_URL"):
            return str(url)
        if self.setting("OPENAI_API_KEY"):
            return "https://api.openai.com/v1"
        return self.setting("SANDBOX_OPENAI_URL")

    @property
    def knows_aws(self) -> bool:
        """Whether it is known where AWS is: the real one was asked for, or the sandbox's address is there."""
        return self.real_aws or self.aws_endpoint is not None

    @property
    def redis_url(self) -> str | None:
        """The address with the most rights that is known."""
        admin = read(str(self.keys / "admin" / "redis_url")) if self.keys else None
        return admin or self.facts.get("redis_url") or self.setting("REDIS_URL")


def read(path: str | None) -> str | None:
    """A file's text, None where there is none or it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None if path else None
    except (OSError, UnicodeDecodeError):
        return None


def read_object(path: Path) -> dict[str, Any]:
    """A file with one JSON object. Raises OSError and ValueError."""
    return parse_object(path.read_text(encoding="utf-8"))


def parse_object(text: str) -> dict[str, Any]:
    """One JSON object. Raises ValueError."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("it holds no JSON object")
    return found
