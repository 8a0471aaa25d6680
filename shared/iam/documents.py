"""IAM policy documents: where they come from, and their statements as AWS would take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any] | str
"""A policy as JSON text or as the object that it is."""


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy with its name, and in words what it hangs on: "attached to group admins", "inline in user ann"."""

    name: str
    source: str
    document: Document

    def __str__(self) -> str:
        return f"policy {self.name} ({self.source})" if self.source else f"policy {self.name}"


@dataclass(frozen=True, slots=True)
class CallerPolicies:
    """The identity policies of a user (groups' included) or role, and its permissions boundary."""

    policies: tuple[NamedPolicy, ...]
    boundary: NamedPolicy | None = None
