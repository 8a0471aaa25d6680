"""Makes a list of IAM actions shorter without letting them change more: several that look become one pattern.

Some types' handlers need more actions than a session policy has room for: `s3:GetBucketAcl`, `s3:GetBucketCORS` and
nine others are `s3:GetBucket*`. A pattern is used only where every action that AWS documents under it lists or reads,
so that it never reaches contents, secrets or changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from shared.access import action_data
from shared.access.levels import level_of_action
from shared.messages import Effect

Permission = tuple[str, str]
# The service, and the first two words: "s3:GetBucket" of "s3:GetBucketAcl".
_TWO_WORDS = re.compile(r"[a-z0-9-]+:[A-Z][a-z0-9]+[A-Z][a-z0-9]+")


def shortened(permissions: Iterable[Permission]) -> list[Permission]:
    """The permissions with patterns in place of two actions or more that begin alike; on the same resources."""
    needed = list(permissions)
    alike: dict[str, set[str]] = {}
    for action, _ in needed:
        if found := _TWO_WORDS.match(action):
            alike.setdefault(found[0], set()).add(action)
    patterns = {begin for begin, actions in alike.items() if len(actions) > 1 and _only_looks(begin)}

    def pattern(action: str) -> str:
        found = _TWO_WORDS.match(action)
        return f"{found[0]}*" if found and found[0] in patterns else action

    return list(dict.fromkeys((pattern(action), resource) for action, resource in needed))


@lru_cache(maxsize=4096)
def _only_looks(begin: str) -> bool:
    prefix, _, start = begin.partition(":")
    named = [name for name in action_data.actions(prefix) if name.startswith(start.lower())]
    return bool(named) and all(level_of_action(f"{prefix}:{name}") in (Effect.LIST, Effect.READ) for name in named)
