"""What came of reading an item, and how it travels from the worker that read it to the one that asked for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import JsonValue

from services.info_tools.sharing.kinds import Kind
from shared import errors
from shared.aws.covered import Covered
from shared.errors import AssistantError
from shared.messages import Gap, Record


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item could not be read."""

    error: AssistantError


class Failed(Record):
    """An error as data, from which the same one can be raised elsewhere."""

    error: str
    code: str
    detail: str
    status: int
    retryable: bool
    extra: dict[str, JsonValue]

    @classmethod
    def of(cls, error: AssistantError) -> Self:
        plain = {name: value for name, value in error.extra.items() if isinstance(value, str | int | float | None)}
        return cls(
            error=_class_of(error).__name__,
            code=error.code,
            detail=error.detail,
            status=error.status,
            retryable=error.retryable,
            extra=plain,
        )

    def as_error(self) -> AssistantError:
        kind = _ERRORS.get(self.error, AssistantError)
        return kind(self.detail, code=self.code, status=self.status, retryable=self.retryable, **self.extra)


class Outcome(Record):
    """Of one item: what was found, as JSON in a text, or why nothing was."""

    found: str | None = None
    failed: Failed | None = None


class CoveredPart(Record):
    """What `Covered` says of a part."""

    regions: tuple[str, ...] = ()
    method: str | None = None
    truncated: bool = False

    @classmethod
    def of(cls, covered: Covered) -> Self:
        return cls(regions=tuple(covered.regions), method=covered.method, truncated=covered.truncated)

    def add_to(self, covered: Covered) -> None:
        """Put it down where the call is answered."""
        for region in self.regions:
            covered.answered(region=region)
        covered.method = self.method or covered.method
        covered.truncated = covered.truncated or self.truncated


class PartAnswer(Record):
    """What a worker has read of another one's call: the outcome of each item, in their order."""

    outcomes: tuple[Outcome, ...]
    gaps: tuple[Gap, ...] = ()
    covered: CoveredPart = CoveredPart()


def packed(kind: Kind, outcomes: Sequence[Any | Failure]) -> tuple[Outcome, ...]:
    """The outcomes as they travel."""
    return tuple(
        Outcome(failed=Failed.of(one.error))
        if isinstance(one, Failure)
        else Outcome(found=kind.found.dump_json(one).decode())
        for one in outcomes
    )


def unpacked(kind: Kind, answer: PartAnswer) -> list[Any | Failure]:
    """The outcomes as they were. Raises pydantic's ValidationError for what is none of this version's."""
    return [
        Failure(one.failed.as_error()) if one.failed else kind.found.validate_json(one.found or "null")
        for one in answer.outcomes
    ]


def _class_of(error: AssistantError) -> type[AssistantError]:
    """The class of the tree that an error is of; some modules have their own below it."""
    return next(one for one in type(error).__mro__ if one.__name__ in _ERRORS)


def _tree(root: type[AssistantError]) -> Iterator[type[AssistantError]]:
    yield root
    for one in root.__subclasses__():
        yield from _tree(one)


_ERRORS = {one.__name__: one for one in _tree(AssistantError) if one.__module__ == errors.__name__}
