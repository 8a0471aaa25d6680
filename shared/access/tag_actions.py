"""The IAM actions by which a service sets tags."""

from __future__ import annotations

import re
from functools import lru_cache

from shared.access import action_data
from shared.access.levels import level_of_action
from shared.messages import Effect

# One that sets tags, and none that takes them off.
_SETS = re.compile(r"(Tag|AddTags|Create(OrUpdate)?Tags)")


@lru_cache(maxsize=512)
def tag_actions(prefix: str) -> tuple[str, ...]:
    """The actions of a service (its IAM prefix) that set tags and do nothing else."""
    found = (f"{prefix}:{known['name']}" for known in action_data.actions(prefix).values())
    return tuple(one for one in found if _SETS.match(one.partition(":")[2]) and level_of_action(one) is Effect.TAGGING)
