"""Gives out parts of a large read to other workers, and gathers what they found.

Every worker that may read gets an equal share of the items, this one too. Where another one has not taken its part
after a moment, has failed or is lost, its items are read here, as if nothing had been given out. So an answer is the
same with any number of workers: what was read where is gathered before anything is put together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog
from pydantic import JsonValue, ValidationError

from services.info_tools.context import InfoContext
from services.info_tools.sharing.kinds import Kind, Reading
from services.info_tools.sharing.outcomes import Failure, PartAnswer, unpacked
from services.info_tools.sharing.worth import WORTH
from shared.aws.clients import Aws
from shared.keys.signing import canonical
from shared.messages import ToolCall
from shared.tasks.parts import MAX_PART_BYTES, MAX_PARTS, MAX_SPLIT_BYTES, Parts

log = structlog.get_logger(__name__)

# A read of fewer calls of AWS is over before another worker has begun.
MIN_CALLS = 16
# How long a part may lie on the queue: an idle worker takes it within a few milliseconds. Then how often is looked.
TAKEN_WITHIN_SECONDS, LOOK_SECONDS = 0.1, 0.02

Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(slots=True)
class Elsewhere(Generic[Item, Found]):
    """What other workers read of a call: `positions` of items at first, and `outcomes` as they come."""

    aws: Aws
    parts: Parts | None = None
    kind: Kind | None = None
    given: dict[str, tuple[ToolCall, tuple[int, ...]]] = field(default_factory=dict)
    positions: frozenset[int] = frozenset()
    outcomes: dict[int, Found | Failure] = field(default_factory=dict)

    def pauses(self) -> Iterator[float]:
        """How long to wait before each look, as long as anything is under way."""
        if self.given:
            yield TAKEN_WITHIN_SECONDS
        while self.given:
            yield LOOK_SECONDS

    def look(self, *, take_all: bool) -> list[int]:
        """Gather what has come, and return the positions of items that nobody else reads any more.

        `take_all`: the time is up; what has not come does not come.
        """
        given, parts = list(self.given.values()), self.parts
        if parts is None:
            return []
        states = parts.states([part for part, _ in given])
        back: list[int] = []
        for (part, positions), state in zip(given, states, strict=True):
            if state == "taken" and not take_all:
                continue
            del self.given[part.call_id]
            if state == "taken":
                continue
            answer = self._gathered(parts, part, positions) if state == "done" else False
            if not answer:
                log.info("part_taken_back", part=part.call_id, state=state, items=len(positions))
                back += positions
        return back

    def _gathered(self, parts: Parts, part: ToolCall, positions: Sequence[int]) -> bool:
        """Whether the part's outcomes could be read and are put down."""
        document = parts.result(part)
        if document is None or self.kind is None:
            return False
        try:
            answer = PartAnswer.model_validate_json(document)
            outcomes = unpacked(self.kind, answer)
        except ValidationError:
            outcomes = []
        if len(outcomes) != len(positions):
            log.warning("part_not_read", part=part.call_id, error="unsupported_message")
            return False
        self.outcomes.update(zip(positions, outcomes, strict=True))
        self.aws.gaps.extend(answer.gaps)
        answer.covered.add_to(self.aws.covered)
        return True


def divide(aws: Aws, pending: Sequence[Item], read: object) -> Elsewhere[Item, Any]:
    """Give parts of a read to other workers, where it is one that they can do and that is large enough."""
    parts = aws.parts if isinstance(aws, InfoContext) else None
    if parts is None or not isinstance(read, Reading) or len(pending) < 2:
        return Elsewhere(aws)
    if len(pending) * read.kind.calls(aws) < MIN_CALLS or not WORTH.pays(aws, read, len(pending)):
        return Elsewhere(aws)
    if not parts.begin():
        return Elsewhere(aws)
    cut = _pieces(aws, read, pending, min(parts.workers, len(pending)))
    asked = parts.ask([arguments for arguments, _ in cut])
    given = {part.call_id: (part, positions) for part, (_, positions) in zip(asked, cut, strict=False)}
    log.info("call_split", parts=len(given), items=len(pending), kind=read.kind.name)
    taken = frozenset(position for _, positions in given.values() for position in positions)
    return Elsewhere(aws, parts, read.kind, given, taken)


def _pieces(
    aws: Aws, reading: Reading[Any, Any], pending: Sequence[Any], workers: int
) -> list[tuple[dict[str, JsonValue], tuple[int, ...]]]:
    """The arguments of each part, and the positions of its items: every `workers`-th but the first is another one's.

    A part that would be larger than a message becomes two. What does not fit into a split is left to this worker.
    """
    items = [reading.kind.item.dump_python(item, mode="json") for item in pending]
    common: dict[str, JsonValue] = {
        "kind": reading.kind.name,
        "arguments": reading.kind.arguments(**reading.arguments).model_dump(mode="json", exclude_unset=True),
        "account": aws.info.account if aws.names_account else None,
    }
    left = [tuple(range(first, len(items), workers)) for first in range(1, workers)]
    cut: list[tuple[dict[str, JsonValue], tuple[int, ...]]] = []
    room = MAX_SPLIT_BYTES - MAX_PART_BYTES
    while left and len(cut) < MAX_PARTS:
        positions = left.pop(0)
        arguments = {**common, "items": [items[position] for position in positions]}
        size = len(canonical(arguments).encode())
        if size > MAX_PART_BYTES and len(positions) > 1:
            left += [positions[::2], positions[1::2]]
        elif size <= min(room, MAX_PART_BYTES):
            cut.append((arguments, positions))
            room -= size
    return cut
