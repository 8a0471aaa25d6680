"""Files a user uploaded, as the gateway keeps them in Redis for their owner."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from redis import Redis

from shared.errors import NotFound, TooLarge


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one owner. Those of another are not found."""

    redis: Redis
    owner_id: str
    max_bytes: int

    def read(self, file_id: str) -> bytes:
        """The content of a file. Raises NotFound (`file_not_found`) or TooLarge."""
        record: Any = self.redis.hgetall(f"file:{file_id}")
        # Of before there were owners it is its session's.
        if not record or record.get("owner_id", record.get("session_id")) != self.owner_id:
            raise NotFound(f"there is no uploaded file {file_id}; upload it again", code="file_not_found")
        data = base64.b64decode(record["data"])
        if len(data) > self.max_bytes:
            raise TooLarge(
                f"the file {file_id} is larger than {self.max_bytes} bytes; put it into S3 and name s3://bucket/key"
            )
        return data

    def digest(self, file_id: str) -> str:
        """The SHA-256 of the content, as hex; computed here, because the record's own could be wrong."""
        return hashlib.sha256(self.read(file_id)).hexdigest()
