"""What an informational tool works with: AWS, the owner's stored results, other workers."""

from __future__ import annotations

from dataclasses import dataclass, field

from redis import Redis

from shared.aws.clients import Aws
from shared.results.records import StoredResult, find_queried
from shared.tasks.parts import Parts


@dataclass(slots=True)
class InfoContext(Aws):
    """First parameter of the tools that compute over results; the others ask for `Aws`, which this is."""

    redis: Redis = field(kw_only=True)
    # Who reads parts of the call beside this worker; None where nobody does.
    parts: Parts | None = field(default=None, kw_only=True)

    def stored(self, reference: str) -> StoredResult:
        """A result of this agent that belongs to the call's owner. Raises NotFound (`result_not_found`)."""
        return find_queried(self.redis, self.info.owner_id, reference)
