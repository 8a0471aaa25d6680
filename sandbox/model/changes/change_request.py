"""Everything that one message wants changed, as the reader found it and the drafting uses it."""

from dataclasses import dataclass, field, replace

from sandbox.model.changes.calls import Order
from sandbox.model.changes.resources import Made
from sandbox.model.types import JsonObject


@dataclass(frozen=True)
class Tagging:
    """Tags to set on one existing resource, and keys to remove from it."""

    kind: str
    name: str
    tags: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()


@dataclass
class ChangeRequest:
    """What to make, attach, detach, delete and undo, with the details that may stand anywhere in the message."""

    new: dict[str, list[str]] = field(default_factory=dict)  # names by kind; an empty name is for the model to choose
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
    delete: list[tuple[str | None, str]] = field(default_factory=list)  # kind, name
    delete_referred: bool = False
    delete_kinds: list[str] = field(default_factory=list)
    delete_all: bool = False
    undo: bool = False
    tagging: list[Tagging] = field(default_factory=list)
    secret: str = ""  # whose value the person wants to see
    order: Order | None = None  # a call of AWS
    resource: Made | None = None  # to be made by its type
    points_at_role: bool = False
    unsupported: str = ""

    def names(self, kind: str) -> list[str]:
        """The names of the new resources of a kind; what is appended to the list is asked for too."""
        return self.new.setdefault(kind, [])

    @property
    def roles(self) -> list[str]:
        """The names of the new roles."""
        return self.names("role")

    @property
    def functions(self) -> list[str]:
        """The names of the new functions."""
        return self.names("function")

    @property
    def makes(self) -> bool:
        """True when something new is asked for."""
        return any(self.new.values())

    @property
    def any(self) -> bool:
        """True when the message wants anything changed."""
        told = (
            self.makes,
            self.attach_to,
            self.detach,
            self.delete,
            self.delete_referred,
            self.delete_all,
            self.undo,
            self.tagging,
            self.secret,
            self.order,
            self.resource,
        )
        unclear = (self.points_at_role, self.unsupported, self.target_function, self.targets_known_function)
        return any((*told, *unclear))

    def copy(self) -> "ChangeRequest":
        """A copy whose names, policies and trusted services may be added to."""
        return replace(
            self,
            new={kind: list(names) for kind, names in self.new.items()},
            policies=list(self.policies),
            trusted=list(self.trusted),
        )
