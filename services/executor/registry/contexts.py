"""What an operation gets: to look at what a step made, and to change AWS."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from services.executor.calls.step_calls import StepCalls
from services.executor.settings import ExecutorSettings
from shared.aws import Aws
from shared.messages import Step

# An uploaded file's bytes by its id.
ReadFile = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class StepContext:
    """What it takes to look at what a step made: AWS clients, and whose step it is."""

    aws: Aws
    plan_id: str
    step_id: str
    # All steps of that plan: what one of them made may be there because of another.
    steps: tuple[Step, ...] = field(default=(), kw_only=True)

    @property
    def tags(self) -> dict[str, str]:
        """The tags that say which plan and step made a resource."""
        return {"assistant:plan": self.plan_id, "assistant:step": self.step_id}


@dataclass(frozen=True, slots=True)
class OperationContext(StepContext):
    """What an operation needs to act: besides, the calls that change, and uploaded files."""

    calls: StepCalls
    settings: ExecutorSettings
    read_file: ReadFile
    sleep: Callable[[float], None] = time.sleep
