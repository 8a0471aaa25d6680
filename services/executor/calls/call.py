"""One call of a step on its way: what the operation asked for, how often it was sent, and which requests that were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import JsonValue

from services.executor.calls.entry import Entry
from services.executor.calls.observation import Probe
from services.executor.calls.request import Request
from services.executor.calls.sent import SentRequests
from shared.errors import AssistantError

# How often one run sends a call whose sends before were each found to have had no effect.
MAX_SENDS = 4


@dataclass(slots=True)
class Call:
    """`field` is the call's field in the journal; the functions are those that `StepCalls.once` was given.

    `region` is where it is sent, `sent` the requests of this run and all before it.
    """

    field: str
    request: Request
    region: str
    sent: SentRequests
    probe: Probe
    before: Callable[[], None]
    keep: Callable[[dict[str, Any]], JsonValue]
    # Of this run and all before it.
    sends: int = 0
    # Of this run's last send.
    last_failure: AssistantError | None = None
    # Whether a person said that the sends before this run did not happen.
    denied: bool = False
    # Whether a send had no clear answer and no read says that it had no effect.
    unseen: bool = False

    def entry(self, state: Literal["intent", "done", "refused"], at: float, **more: Any) -> Entry:
        """The call's record for the journal, `at` Unix seconds."""
        return Entry(
            state=state,
            request=self.request.name,
            at=at,
            sends=self.sends,
            region=self.region,
            sent=self.sent.all,
            not_kept=self.sent.not_kept,
            **more,
        )
