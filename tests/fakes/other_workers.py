"""Stands for the queue and the workers behind it: reads parts of a call with the tool itself, all over JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from services.info_tools.context import InfoContext
from services.info_tools.tools import toolbox
from shared.aws.clients import Aws
from shared.messages import ToolCall
from shared.results.body import JSON
from shared.tasks.parts import State, part_of

# What came of a part, by its number: "done" where this says nothing.
Fate = Callable[[int], State | bytes]


@dataclass
class OtherWorkers:
    """`parts` of a call as its worker sees them; a part's fate is a state, or bytes that are read in its place."""

    aws: Aws
    workers: int = 2
    fate: Fate = lambda _: "done"
    asked: list[ToolCall] = field(default_factory=list)
    _begun: bool = False

    def begin(self) -> bool:
        first, self._begun = self.workers > 1 and not self._begun, True
        return first

    def ask(self, parts: Sequence[dict[str, JsonValue]]) -> list[ToolCall]:
        call = ToolCall(
            call_id="call.1", agent="info", tool="t", arguments={}, session_id="s-1", deadline=time.time() + 60
        )
        self.asked = [part_of(call, json.loads(json.dumps(arguments))) for arguments in parts]
        return [part_of(call, dict(arguments)) for arguments in parts]

    def states(self, parts: Sequence[ToolCall]) -> list[State]:
        fates = [self.fate(self._number(part)) for part in parts]
        return ["done" if isinstance(fate, bytes) else fate for fate in fates]

    def result(self, part: ToolCall) -> bytes | None:
        fate = self.fate(self._number(part))
        if isinstance(fate, bytes):
            return fate or None
        context = replace(self.aws, gaps=[], covered=type(self.aws.covered)())
        value = toolbox["read_part"].call(context, self.asked[self._number(part)].arguments)
        assert not context.gaps
        return JSON.dump_json(value)

    def _number(self, part: ToolCall) -> int:
        return [one.call_id for one in self.asked].index(part.call_id)


def with_others(aws: Aws, workers: int = 2, fate: Fate = lambda _: "done") -> tuple[InfoContext, OtherWorkers]:
    """The same call where there are other workers."""
    others = OtherWorkers(aws, workers, fate)
    context = InfoContext(
        aws.session,
        aws.deadline,
        cache=aws.cache,
        perimeter=aws.perimeter,
        redis=None,  # type: ignore[arg-type]  # no tool that is shared has stored results
        parts=others,  # type: ignore[arg-type]  # in the place of `Parts`
    )
    return context, others
