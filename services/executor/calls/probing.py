"""Asks AWS whether a call's effect is there, for as long as it may take to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from services.executor.calls.classify import status_of
from services.executor.calls.observation import Happened, Observation, Probe, Unclear
from services.executor.clock import Clock
from services.executor.records.journal import Journal
from shared.aws.clients import translate

T = TypeVar("T")
FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 5.0
READ_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Prober:
    """`read_seconds` is how long one read is repeated while AWS fails to answer it."""

    journal: Journal
    clock: Clock
    read_seconds: float

    def settle(self, probe: Probe, until: float) -> Observation:
        """Probe until the effect shows or it is `until` (Unix seconds), at least once; return what was found last.

        AWS may show a change some time after it made it. Raises LeaseLost.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            self.journal.check_lease()
            observation = self.probe(probe)
            if isinstance(observation, Happened) or self.clock.now() >= until:
                return observation
            self.clock.sleep(min(pause, max(0.0, until - self.clock.now()) + 0.01))
            pause = min(pause * 2, MAX_PAUSE_SECONDS)

    def probe(self, probe: Probe) -> Observation:
        """What the probe finds; Unclear where AWS refuses the read or fails to answer it."""
        try:
            return self.read(probe)
        except (ClientError, BotoCoreError) as error:
            return Unclear(f"AWS could not be asked: {translate(error).detail}")

    def read(self, ask: Callable[[], T]) -> T:
        """What AWS answers, asked again for `read_seconds` while it throttles or fails.

        Raises AWS's last error, a refusal at once, and LeaseLost.
        """
        until = self.clock.monotonic() + self.read_seconds
        while True:
            try:
                return ask()
            except (ClientError, BotoCoreError) as error:
                if _is_refusal(error) or self.clock.monotonic() > until:
                    raise
            self.journal.check_lease()
            self.clock.sleep(READ_PAUSE_SECONDS)


def _is_refusal(error: ClientError | BotoCoreError) -> bool:
    """Whether AWS would answer the same read in the same way again."""
    if not isinstance(error, ClientError) or translate(error).code == "aws_throttled":
        return False
    return 400 <= status_of(error) < 500
