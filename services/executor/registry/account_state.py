"""The account as a plan's steps will find it, and how an operation declares what must not be in its way there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from services.executor.registry.facts import Fact, Question, Unread
from services.executor.registry.hooks import Hook, nothing
from services.executor.registry.location import Location
from shared.errors import Conflict
from shared.messages import Finding
from shared.plans.step import PropertyChange

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Becomes:
    """A resource as it is before a step and after it, without its secrets; None where there is none."""

    type_name: str
    region: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    identifier: str | None = None


@dataclass(slots=True)
class AccountState:
    """The account as it will be when a step runs: what was read, changed by the steps before it.

    `disturbed`: one of these changes what this step is about too, so that what was read may be otherwise by then.
    """

    location: Location
    answers: dict[Question, Any]
    step: str = ""
    disturbed: bool = False
    changed_by: dict[Question, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    regions: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    shown: dict[str, tuple[PropertyChange, ...]] = field(default_factory=dict)
    resources: dict[str, Becomes] = field(default_factory=dict)

    def knows(self, fact: Fact[Any], *about: str) -> bool:
        """Whether the fact was read or follows from an earlier step."""
        return not isinstance(self.answers.get(fact.about(*about), Unread("")), Unread)

    def get(self, fact: Fact[T], *about: str) -> T | None:
        """A fact; None where it is absent or not known, which `knows` tells apart."""
        found: T | Unread | None = self.answers.get(fact.about(*about))
        return None if isinstance(found, Unread) else found

    def why_unread(self, fact: Fact[Any], *about: str) -> str:
        """Why a fact is not known; empty where it is."""
        found = self.answers.get(fact.about(*about), Unread("it was not looked up"))
        return found.why if isinstance(found, Unread) else ""

    def put(self, fact: Fact[T], *about: str, value: T | None) -> None:
        """What this step makes of a fact."""
        question = fact.about(*about)
        self.answers[question] = value
        self.changed_by[question] = self.step

    def because(self, fact: Fact[Any], *about: str) -> str:
        """ " (because of step 'x' of this plan)" where an earlier step is the reason, else nothing."""
        step = self.changed_by.get(fact.about(*about))
        return "" if step is None else f" (because of step {step!r} of this plan)"

    def must_be_free(self, what: str, fact: Fact[Any], *about: str) -> None:
        """Raise Conflict (`name_taken`) where it is known to exist."""
        if self.knows(fact, *about) and self.get(fact, *about) is not None:
            raise Conflict(
                f"{what} exists already{self.because(fact, *about)}; choose another name, or delete that one first",
                code="name_taken",
            )

    def must_exist(self, what: str, fact: Fact[Any], *about: str) -> None:
        """Raise Conflict (`missing_resource`) where it is known to be absent."""
        if self.knows(fact, *about) and self.get(fact, *about) is None:
            raise Conflict(f"there is no {what}{self.because(fact, *about)}", code="missing_resource")

    def is_in(self, region: str | None) -> None:
        """Where the thing is that this step changes; None where that is not known."""
        if region is not None:
            self.regions[self.step] = region

    def note(self, text: str) -> None:
        """Say on the step's page what it makes of what is there now; names of others as `named` shows them."""
        self.notes.setdefault(self.step, []).append(text)

    def show(self, changes: tuple[PropertyChange, ...]) -> None:
        """Say on the step's page what it changes of a resource that is there; a run compares that again."""
        self.shown[self.step] = changes

    def becomes(self, becomes: Becomes) -> None:
        """Which resource this step makes, changes or deletes."""
        self.resources[self.step] = becomes

    def add_finding(
        self, code: str, severity: Literal["info", "low", "medium", "high"], message: str, path: str | None = None
    ) -> None:
        """Say something of this step that refuses nothing."""
        self.findings.append(Finding(code=code, severity=severity, message=message, step=self.step, path=path))


@dataclass(frozen=True, slots=True)
class Conflicts:
    """What must be known of the account for an operation, and the rule that judges it.

    `facts` takes arguments and `location`, and returns questions. `rule` takes arguments and `state`: it raises
    Conflict for what the step would run into, and puts into the state what the step makes of it.
    """

    facts: Hook = nothing
    rule: Hook = nothing
