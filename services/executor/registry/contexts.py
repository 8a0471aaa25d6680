"""What operations are called with: contexts for reading what a step made, and for changing AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from services.executor.calls.step_calls import StepCalls
from services.executor.records.values import KeepValue
from services.executor.settings import ExecutorSettings
from shared.aws.clients import Aws
from shared.plans.step import PropertyChange, Step

# An uploaded file's bytes by its id.
ReadFile = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class StepContext:
    """For reading what a step made: AWS clients, and which plan and step it is."""

    aws: Aws
    plan_id: str
    step_id: str
    # All steps of that plan: what one of them made may be there because of another.
    steps: tuple[Step, ...] = field(default=(), kw_only=True)
    # The step has been undone: what it left is what was there before it.
    undone: bool = field(default=False, kw_only=True)
    # Steps of the plan are being undone: then what an earlier one left is as good as what the last one did.
    taking_back: bool = field(default=False, kw_only=True)

    def later(self, *operations: str) -> Iterator[dict[str, Any]]:
        """The results of the done steps of these operations that ended after this one, in that order."""
        ended = next((step.ended_at for step in self.steps if step.id == self.step_id), None) or 0.0
        done = (step for step in self.steps if step.status == "done" and step.operation in operations)
        for step in sorted(done, key=lambda step: step.ended_at or 0.0):
            if step.id != self.step_id and (step.ended_at or 0.0) >= ended and isinstance(step.result, dict):
                yield step.result

    @property
    def tags(self) -> dict[str, str]:
        """The tags that say which plan and step made a resource."""
        return {"assistant:plan": self.plan_id, "assistant:step": self.step_id}


@dataclass(frozen=True, slots=True)
class OperationContext(StepContext):
    """For changing AWS: adds the calls that are sent once, settings and uploaded files."""

    calls: StepCalls
    settings: ExecutorSettings
    read_file: ReadFile
    sleep: Callable[[float], None] = time.sleep
    # What a person was shown of this step's effect; none where it undoes another step.
    shown: tuple[PropertyChange, ...] = ()
    # `aws` with credentials that do not end soon: for a step that waits for longer than they last.
    renewed: Callable[[], Aws] | None = None
    # Seals what a sensitive read answered; None where nothing may be read for a person.
    keep_value: KeepValue | None = field(default=None, kw_only=True)

    def aws_now(self) -> Aws:
        """`aws`, its credentials renewed where they end soon."""
        return self.renewed() if self.renewed else self.aws
