"""What one message wants changed, as the planner's parts hand it on."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.model.types import JsonObject, Kind


@dataclass
class Wish:
    """Everything one message wants changed."""

    buckets: list[str] = field(default_factory=list)  # an empty name is for the planner to choose
    roles: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    trusted: list[str] = field(default_factory=list)
    trusted_account: str = ""
    trust_document: JsonObject | None = None
    permissions: JsonObject | None = None
    runtime: str = ""
    handler: str = ""
    package: str = ""
    existing_role: str = ""
    existing_role_arn: str = ""
    target_function: str = ""  # an existing or a new function that a role is to be given to
    targets_known_function: bool = False
    attach_to: list[str] = field(default_factory=list)
    detach: list[tuple[str, list[str], str]] = field(default_factory=list)  # role, policies, words
    delete: list[tuple[Kind | None, str]] = field(default_factory=list)
    delete_referred: bool = False
    delete_kinds: list[Kind] = field(default_factory=list)
    delete_all: bool = False
    undo: bool = False
    points_at_role: bool = False
    unsupported: str = ""

    @property
    def any(self) -> bool:
        """True when the message wants anything changed."""
        return bool(
            self.buckets
            or self.roles
            or self.functions
            or self.attach_to
            or self.detach
            or self.delete
            or self.delete_referred
            or self.delete_all
            or self.undo
            or self.points_at_role
            or self.unsupported
            or self.target_function
            or self.targets_known_function
        )
