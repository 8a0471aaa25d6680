"""What a plan's operations must know of the account, each kind of fact declared beside the service it is about.

@fact("the role {0}", iam=("iam:GetRole",), absent=("NoSuchEntity",))
def role_trust(aws: Aws, name: str) -> dict[str, Any]: ...

role_trust.about("reader")    # a question; `proposal/account_reads.py` reads the answer
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.aws.clients import Aws

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class IfAllowed:
    """An answer that AWS also gives to whoever may not look: certain only for a step known to have `action`."""

    value: Any
    action: str
    otherwise: str


@dataclass(frozen=True, slots=True, eq=False)
class Fact(Generic[T]):
    """One kind of fact: how it is read, the question in words, and the IAM actions that reading it needs.

    `read` takes AWS and what the fact is about. `absent` are AWS's error codes for "there is none", which is None.
    `iam_of` takes what the fact is about, for actions that depend on that.
    """

    read: Callable[..., T | IfAllowed | None]
    words: str
    iam: tuple[str, ...]
    absent: tuple[str, ...]
    iam_of: Callable[..., tuple[str, ...]] | None = None

    def about(self, *names: str) -> Question:
        """The question after this fact about one thing, such as the role of a name."""
        return Question(self, names)


@dataclass(frozen=True, slots=True)
class Question:
    """A fact about one thing."""

    fact: Fact[Any]
    names: tuple[str, ...]

    def __str__(self) -> str:
        """As a person would ask for it."""
        return self.fact.words.format(*self.names)

    @property
    def iam(self) -> tuple[str, ...]:
        """The IAM actions that reading the answer needs."""
        return (*self.fact.iam, *(self.fact.iam_of(*self.names) if self.fact.iam_of else ()))

    def read(self, aws: Aws) -> Any:
        """The answer; None where there is no such thing. Raises botocore's errors."""
        return self.fact.read(aws, *self.names)


# Every kind, for the policies of docs/iam.
FACTS: list[Fact[Any]] = []


def fact(
    words: str,
    *,
    iam: tuple[str, ...],
    absent: tuple[str, ...] = (),
    iam_of: Callable[..., tuple[str, ...]] | None = None,
) -> Callable[[Callable[..., T | IfAllowed | None]], Fact[T]]:
    """Declare a kind of fact by the function that reads it; `words` is a template over what it is about."""

    def declare(read: Callable[..., T | IfAllowed | None]) -> Fact[T]:
        made = Fact(read, words, iam, absent, iam_of)
        FACTS.append(made)
        return made

    return declare


def fact_actions() -> tuple[str, ...]:
    """The IAM actions that reading facts of every kind needs, in order of their names."""
    return tuple(sorted({action for declared in FACTS for action in declared.iam}))
