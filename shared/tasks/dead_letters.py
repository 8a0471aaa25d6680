"""Dead letters: messages that no worker can process. They are listed, audited and logged, and never retried.

`dead:{agent}` is a Redis list of JSON objects, the newest first; docs/operations.md says what their fields mean.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import structlog
from redis.exceptions import RedisError

from shared.audit.log import ServiceAudit
from shared.broker.failures import report
from shared.secrets.redaction import redact_text
from shared.tasks.records import Keys, TaskFunctions

log = structlog.get_logger(__name__)

KEEP = 1000
# A dead letter shows only the beginning of a message, after secrets were redacted from a longer part of it.
READ_BYTES = 4096
SHOWN_CHARS = 200


class DeadLetters:
    """The dead letters of one agent, as one of its workers adds to them."""

    def __init__(self, functions: TaskFunctions, keys: Keys, worker: str, audit: ServiceAudit) -> None:
        self._functions, self._keys, self._worker, self._audit = functions, keys, worker, audit

    def dead_letter(self, code: str, detail: str, message: bytes, **about: str) -> None:
        """Store one; `about` is what is known of its call. A failure of Redis is only logged, with the whole letter."""
        letter: dict[str, str | int] = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "code": code,
            "detail": detail,
            "worker": self._worker,
            **about,
            "bytes": len(message),
            "sha256": hashlib.sha256(message).hexdigest(),
        }
        log.error("dead_letter", **letter)
        start = redact_text(message[:READ_BYTES].decode("utf-8", "replace"))[:SHOWN_CHARS]
        try:
            self._functions.dead_letter([self._keys.dead], [json.dumps(letter | {"start": start}), KEEP])
        except RedisError as error:
            report(log, "dead_letter_not_kept", error)
        self._audit.record("task.dead", **letter)
