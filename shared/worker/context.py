"""What a worker gives a tool with a call, as far as every agent's has it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from shared.aws.covered import Covered
from shared.errors import AssistantError
from shared.messages import Gap, ToolCall
from shared.sessions.credentials import AgentSession
from shared.tasks import parts


class Context(Protocol):
    """What a tool's first parameter must have, whatever else an agent puts in it."""

    @property
    def gaps(self) -> list[Gap]: ...
    @property
    def covered(self) -> Covered: ...
    @property
    def region(self) -> str: ...
    def judged(self, error: AssistantError) -> AssistantError: ...


@runtime_checkable
class Divides(Protocol):
    """A context whose tools can have other workers read parts of the call."""

    parts: parts.Parts | None


MakeContext = Callable[[ToolCall, AgentSession], Any]


def seconds_left(call: ToolCall) -> float:
    """Seconds until nobody waits for the call's result."""
    return call.deadline - time.time()
