"""Settings every service shares; a service adds its own in a subclass.

Values come from the environment. A secret may come from a file instead: `SIGNING_KEY_INFO_FILE=/run/secrets/x`.
An empty variable counts as unset, so a compose file can pass variables through.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Base settings. Times are seconds, sizes bytes."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, frozen=True)

    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    # The CA that signed the server's certificate, where it is not one of the system's (rediss:// only).
    redis_ca_file: str | None = None
    log_level: str = "INFO"
    log_format: str = "json"

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Fill a field from the file that `<FIELD>_FILE` names, where the field itself is not set."""
        for field in cls.model_fields:
            path = os.environ.get(f"{field.upper()}_FILE")
            if path and not values.get(field):
                values[field] = Path(path).read_text(encoding="utf-8").strip()
        return values
