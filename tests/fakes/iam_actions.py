"""Every IAM action there is, for tests that hold something against all of them."""

from __future__ import annotations

from functools import lru_cache

from shared.access import action_data


@lru_cache(maxsize=1)
def all_actions() -> tuple[str, ...]:
    """Every IAM action AWS has documented, as AWS spells them."""
    return tuple(
        f"{prefix}:{action['name']}"
        for prefix in action_data.prefixes()
        for action in action_data.actions(prefix).values()
    )
