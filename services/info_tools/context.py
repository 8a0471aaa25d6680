"""What an informational tool works with: AWS, and the owner's stored results."""

from __future__ import annotations

from dataclasses import dataclass, field

from redis import Redis

from shared.aws.clients import Aws
from shared.results.records import StoredResult, find_queried


@dataclass(slots=True)
class InfoContext(Aws):
    """First parameter of the tools that compute over results; the others ask for `Aws`, which this is."""

    redis: Redis = field(kw_only=True)

    def stored(self, reference: str) -> StoredResult:
        """A result of this agent that belongs to the call's owner. Raises NotFound (`result_not_found`)."""
        return find_queried(self.redis, self.info.owner_id, reference)
