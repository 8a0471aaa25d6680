"""Settings every service shares; a service adds its own in a subclass.

Values come from the environment. A secret may come from a file instead: `SIGNING_KEY_INFO_FILE=/run/secrets/x`.
An empty variable counts as unset, so a compose file can pass variables through.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

# The words that pydantic takes for a boolean: https://docs.pydantic.dev/latest/api/standard_library_types/#booleans
BOOLEAN_WORDS = "yes, true, on or 1, or no, false, off or 0"


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number counts, for the documentation."""

    name: str


Seconds = Annotated[float, Unit("seconds")]
WholeSeconds = Annotated[int, Unit("seconds")]
Bytes = Annotated[int, Unit("bytes")]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(lambda value: str(value).upper())
]
LogFormat = Annotated[Literal["json", "plain"], BeforeValidator(lambda value: str(value).lower())]


class Settings(BaseSettings):
    """Base settings. The descriptions are the documentation: `make settings` writes them into docs/operations.md."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, frozen=True)

    # Fields that had another name, which is still read where the new one is not set.
    renamed: ClassVar[Mapping[str, str]] = {}

    redis_url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"),
        description="Redis or Valkey, with the service's own user; `rediss://` for TLS, where the server's certificate "
        "and host name are always checked.",
    )
    redis_ca_file: str | None = Field(
        default=None, description="The CA of the server's certificate, with `rediss://`; without it the system's CAs."
    )
    log_level: LogLevel = Field(default="INFO", description="From this level on lines are logged.")
    log_format: LogFormat = Field(default="json", description="JSON lines, or lines for people.")

    @model_validator(mode="before")
    @classmethod
    def _read_other_places(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Fill a field that is not set from the file that `<FIELD>_FILE` names, or from its old name."""
        for field in cls.model_fields:
            for name in (field, cls.renamed.get(field)):
                if name and field not in values and (value := _from_environment(name)):
                    values[field] = value
        return {field: value.strip() if isinstance(value, str) else value for field, value in values.items()}


def _from_environment(name: str) -> str | None:
    path = os.environ.get(f"{name.upper()}_FILE")
    return os.environ.get(name.upper()) or (Path(path).read_text(encoding="utf-8").strip() if path else None)


def entries(listed: str) -> tuple[str, ...]:
    """The entries of a setting that lists them with commas; what is empty between two commas is none."""
    return tuple(entry for part in listed.split(",") if (entry := part.strip()))


S = TypeVar("S", bound=Settings)


def load(kind: type[S]) -> S:
    """The settings of this process. Raises SystemExit with a sentence about each variable that is missing or wrong."""
    try:
        return kind()
    except ValidationError as error:
        raise SystemExit("\n".join(_sentence(kind, one) for one in error.errors(include_url=False))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"a file that a setting names cannot be read: {error}") from None


def _name_given(kind: type[Settings], field: str) -> str:
    """The variable that gave a field its value: the old name where that is the one that is set."""
    names = [field.upper(), *(old.upper() for new, old in kind.renamed.items() if new == field)]
    return next((name for name in names if _from_environment(name)), names[0])


def _sentence(kind: type[Settings], error: ErrorDetails) -> str:
    field = str(error["loc"][0]) if error["loc"] else ""
    name = _name_given(kind, field)
    if not field:
        return str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        return f"{name} is not set, nor is {name}_FILE; docs/operations.md says what it is and where it comes from"
    if error["type"] == "bool_parsing":
        return f"{name} is {error['input']!r}; write {BOOLEAN_WORDS}"
    # A secret's value is not repeated.
    declared = str(kind.model_fields[field].annotation) if field in kind.model_fields else ""
    shown = "" if "Secret" in declared else f" is {error['input']!r}"
    return f"{name}{shown}: {error['msg'][:1].lower()}{error['msg'][1:]}"
