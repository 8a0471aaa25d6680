"""Which changes are changes of permissions, by operation and parameters, and what a person has to see of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.executor.generic.change import Change
from shared.messages import Effect, Finding


@dataclass(frozen=True, slots=True)
class AccessChange:
    """`changes`: whether it changes who may do what. `policies` are what it puts in place, for linter and review."""

    changes: bool
    findings: tuple[Finding, ...] = ()
    policies: tuple[dict[str, Any], ...] = ()


def access_change(change: Change, account: str) -> AccessChange:
    """What a change does to permissions; `account` is whose it is."""
    return AccessChange(change.operation.effect is Effect.PERMISSIONS)
