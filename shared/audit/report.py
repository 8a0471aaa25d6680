"""What the check of a log found, what it compared, and in plain sentences what it cannot show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.audit.kinds import owner_of

GENESIS = "0" * 64

FaultCode = Literal[
    "changed",
    "missing",
    "reordered",
    "duplicated",
    "rewritten",
    "truncated",
    "forged",
    "foreign",
    "bad_anchor",
    "wrong_writer",
]

# Of every export, before anybody has compared it with anything.
EXPORT_CANNOT_SHOW = (
    "that it is what was written at the time: the gateway made it, and could have written all of it anew; compare it "
    "with the anchor files of the gateway and of the executor, or with copies of them (--anchors)",
    "who wrote each entry: for that its signatures must be checked (--key-file, --public-keys)",
    "what was written after its last entry",
    "what a service did and did not write down, or wrote down wrongly",
)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a log: its number (0 for none), its hash, and whose log it is."""

    seq: int = 0
    hash: str = GENESIS
    account: str = ""
    caller_arn: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a log, and at which entry. `code` is stable, `detail` for a person."""

    code: FaultCode
    detail: str
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Signatures:
    """How the signatures of one service's entries were checked.

    `good` fit a key that is its writer's alone; `shared` fit a key that the gateway holds too; of the `unknown` no key
    was at hand.
    """

    good: int = 0
    shared: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """The anchors of one service that were compared; `reach` is the number of the last entry that they cover."""

    anchors: int = 0
    reach: int = 0
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check. `faults` are in the order of the log; the first is where to look.

    `anchors` counts all, with the log's own; `sources` are those kept outside, by the service that made them.
    """

    entries: int
    head: Head
    faults: tuple[Fault, ...]
    anchors: int
    session_id: str = ""
    signatures: Mapping[str, Signatures] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        return not self.faults

    @property
    def not_shown(self) -> tuple[str, ...]:
        """What this check leaves open, a sentence each; some remains open after every check."""
        return (*self._unsigned(), *self._unanchored(), "What a service wrote down wrongly or not at all is not shown.")

    def _unsigned(self) -> Iterator[str]:
        for service, count in self.signatures.items():
            if count.unknown:
                yield f"No key was at hand for the signatures of {_entries(count.unknown)} by {service}."
            if count.shared:
                yield (
                    f"The signatures of {_entries(count.shared)} by {service} are of a key that the gateway holds too, "
                    "so the gateway could have written them."
                )
        for service, source in self.sources.items():
            if not source.signed:
                yield f"No key was at hand for the signatures of the anchors by {service}."

    def _unanchored(self) -> Iterator[str]:
        """For each writer, what it could have written anew or cut off without the anchors of another showing it."""
        newest = max((source.reach for source in self.sources.values()), default=0)
        if newest == 0:
            yield "No anchor from outside the log was compared: a log that was cut off or written anew is not shown."
            return
        yield f"That entries after entry {max(newest, self.head.seq)} were cut off is not shown."
        for writer in sorted({"gateway", *self.signatures} if owner_of(self.session_id) is None else self.signatures):
            reach = max((source.reach for name, source in self.sources.items() if name != writer), default=0)
            if reach < self.head.seq:
                which = f"entries {reach + 1} to {self.head.seq}" if reach + 1 < self.head.seq else f"entry {reach + 1}"
                yield f"Only anchors by {writer} itself, or none, cover {which}: it could have written them anew."


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
