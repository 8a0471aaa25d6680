"""Files a user uploaded, as the gateway keeps them in Redis for the session."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from redis import Redis

from shared.errors import NotFound, TooLarge


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one session; another session's do not exist for it."""

    redis: Redis
    session_id: str
    max_bytes: int

    def read(self, file_id: str) -> bytes:
        """A file's bytes. Raises NotFound (`file_not_found`) or TooLarge."""
        record: Any = self.redis.hgetall(f"file:{file_id}")
        if not record or record.get("session_id") != self.session_id:
            raise NotFound(f"there is no uploaded file {file_id} in this session", code="file_not_found")
        data = base64.b64decode(record["data"])
        if len(data) > self.max_bytes:
            raise TooLarge(
                f"the file {file_id} is larger than {self.max_bytes} bytes; put it into S3 and name s3://bucket/key"
            )
        return data

    def digest(self, file_id: str) -> str:
        """SHA-256 of the bytes themselves, not of what the record says."""
        return hashlib.sha256(self.read(file_id)).hexdigest()
