"""The kinds of resource whose tags a plan can change, told apart by their ARNs.

Each kind says what its tags are now, which calls change them, and by what a successor of the same name is recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from services.executor.calls.request import Request
from services.executor.registry.account_state import AccountState
from services.executor.registry.facts import Question
from shared.aws.clients import Aws

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource as AWS shows it: its tags, and what a successor of the same name does not share; None if unknown."""

    tags: dict[str, str]
    identity: str | None

    def as_json(self) -> dict[str, Any]:
        return {"tags": self.tags, "identity": self.identity}


@dataclass(frozen=True, slots=True)
class TagCall:
    """One call that changes tags. `keys` are those that it changes; None where it replaces the whole set."""

    request: Request
    keys: frozenset[str] | None

    def part(self, tags: Tags) -> dict[str, str | None]:
        """What the call is about of all tags, each key with its value, None where it is not there."""
        if self.keys is None:
            return dict(tags)
        return {key: tags.get(key) for key in sorted(self.keys)}

    def applied(self, tags: Tags, wanted: Tags) -> dict[str, str]:
        """The tags once the call has given its keys what `wanted` has of them."""
        if self.keys is None:
            return dict(wanted)
        kept = {key: value for key, value in tags.items() if key not in self.keys}
        return kept | {key: wanted[key] for key in self.keys if key in wanted}


class Taggable(Protocol):
    """One resource."""

    @property
    def what(self) -> str:
        """The resource in words."""

    @property
    def name(self) -> str:
        """Its name, as its service has it."""

    @property
    def ignores_case(self) -> bool:
        """Whether two keys that differ in case alone are the same to its service."""

    @property
    def power(self) -> tuple[Literal["low", "medium"], str]:
        """How far its tags may decide who may do what, and why."""

    def check(self) -> None:
        """Raise InvalidArguments for a name that its service does not take, or keeps for itself."""

    def questions(self) -> list[Question]:
        """What must be known of the account before its tags are changed."""

    def judge(self, state: AccountState) -> Tags | None:
        """Its tags when the step runs, None where they are not known. Raises Conflict where it is not there."""

    def put(self, state: AccountState, tags: Tags) -> None:
        """What the step makes of its tags."""

    def look(self, aws: Aws) -> Seen:
        """What AWS shows of it now. Raises ClientError where there is none."""

    def is_same(self, before: str | None, now: Seen, tags: Tags) -> bool:
        """Whether it is the one that had this identity, and should have these tags now."""

    def calls(self, before: Tags, after: Tags) -> list[TagCall]:
        """The calls that change its tags from `before` to `after`, in order; none where nothing changes."""


def tags_for(state: AccountState, exists: Question, tags: Question) -> Tags | None:
    """The tags of what exists when the step runs: none where an earlier step has just made it, None if unknown."""
    if exists in state.changed_by and tags not in state.changed_by:
        # Its plan's marks alone, which no step names.
        return {}
    if not state.knows(tags.fact, *tags.names):
        return None
    return state.get(tags.fact, *tags.names) or {}


def is_recognised(before: str | None, now: Seen, tags: Tags) -> bool:
    """Whether something without an id is the one that was seen, whose tags were left like this.

    A bucket's date and a function's revision change with it as well. Then it is known by all the tags that it had; what
    was made anew since has not those that only this plan has set. Somebody may have added others.
    """
    return (before is not None and before == now.identity) or (bool(tags) and tags.items() <= now.tags.items())


def by_key(make: Any, before: Tags, after: Tags) -> list[TagCall]:
    """The calls of a service that sets and removes tags by their keys; `make(set, removed)` makes each request."""
    removed = sorted(before.keys() - after.keys())
    changed = {key: value for key, value in sorted(after.items()) if before.get(key) != value}
    # First what makes room.
    calls = [TagCall(make({}, removed), frozenset(removed))] if removed else []
    return [*calls, TagCall(make(changed, []), frozenset(changed))] if changed else calls
