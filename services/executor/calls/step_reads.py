"""What a step reads of AWS, what it waits for, and what it remembers in its plan's journal; none of it changes AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from services.executor.calls.entry import read_entry
from services.executor.calls.passing import NOT_THERE
from services.executor.calls.probing import READ_PAUSE_SECONDS, Prober
from services.executor.calls.recent import Recent
from services.executor.calls.request import Request
from services.executor.calls.waiting import OnWait, Waiting
from services.executor.clock import SYSTEM_CLOCK, Clock
from services.executor.records.journal import Journal
from services.executor.settings import ExecutorSettings
from shared.aws.clients import Aws, error_code

T = TypeVar("T")


@dataclass(slots=True)
class StepReads:
    """`key` is the step's id, or an id of its own for undoing the step.

    `recent` tells what was made and removed lately, as of a time; `on_wait` is told what is waited for, and None once
    that is over.
    """

    aws: Aws
    journal: Journal
    settings: ExecutorSettings
    key: str
    plan_id: str
    clock: Clock = SYSTEM_CLOCK
    recent: Callable[[float], Recent] = Recent
    on_wait: OnWait = lambda text: None
    undoing: bool = False
    _done: list[tuple[Request, float]] = field(default_factory=list)

    def wait(self, what: str, since: float, seconds: float) -> None:
        """Wait for something of AWS's, `since` when (Unix seconds); the plan says for what. Raises LeaseLost."""
        self._waiting.sleep(what, since, seconds)

    def made_lately(self, parameters: Mapping[str, Any], message: str) -> str | None:
        """What of this plan's, or of its owner's other plans', a request or AWS's message is about; None where none."""
        return self._recent().concerned("made", parameters, message)

    def remember(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `make` returned when the step asked for `name` first, also in later runs; a JSON object.

        For what a step has to know of the state before it changes anything; on disk when this returns.
        """
        found = self.recall(name)
        if found is None:
            found = make()
            self.journal.write(entries={f"{self.key}#{name}": json.dumps(found)})
        return found

    def recall(self, name: str) -> dict[str, Any] | None:
        """What the step remembered under `name`, None where it never did."""
        stored = self.journal.entry(f"{self.key}#{name}")
        found: dict[str, Any] | None = json.loads(stored) if stored else None
        return found

    def read(self, ask: Callable[[], T]) -> T:
        """What AWS answers to a read, asked again for a while where AWS fails. Raises AWS's last error."""
        return self._prober.read(ask)

    def patiently(self, ask: Callable[[], T], *, about: str, shows: Callable[[T], bool] = lambda found: True) -> T:
        """What AWS answers to a read about something, asked again while it does not show it though it was made lately.

        So with what was removed lately. `shows` is whether an answer is as it has to be. Raises AWS's last error.
        """
        changed_at: float | None = None

        def is_over() -> bool:
            nonlocal changed_at
            if changed_at is None:
                # Asked only where AWS does not show it: the owner's other plans are read for it.
                changed_at = self._recent().at(about) or 0
            return self.clock.now() >= changed_at + self.settings.role_wait_seconds

        while True:
            try:
                found = self.read(ask)
                if shows(found) or is_over():
                    return found
            except ClientError as error:
                if not NOT_THERE.fullmatch(error_code(error)) or is_over():
                    raise
            self._waiting.sleep(f"AWS to know {about}", changed_at or 0, READ_PAUSE_SECONDS)

    @property
    def begun(self) -> bool:
        """Whether a call of this step was ever about to be sent."""
        return bool(self.journal.fields(f"{self.key}/"))

    @property
    def _changed_something(self) -> bool:
        """Whether a call of this step is known to have happened."""
        entries = (read_entry(self.journal, field) for field in self.journal.fields(f"{self.key}/"))
        return any(entry is not None and entry.state == "done" for entry in entries)

    @property
    def _waiting(self) -> Waiting:
        return Waiting(self.journal, self.clock, self.settings, self.on_wait, self.undoing)

    def _recent(self) -> Recent:
        """What was made and removed lately, by this step too."""
        found = self.recent(self.clock.now())
        for request, at in self._done:
            found.add(request.operation, request.parameters, at)
        return found

    @property
    def _prober(self) -> Prober:
        return Prober(self.journal, self.clock, self.settings.look_seconds)
