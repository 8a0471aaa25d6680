"""How much processor time the evaluation of somebody's policies may take.

AWS's quotas let a caller have three quarters of a megabyte of policies, and whoever has an AWS account can write them
so that a few thousand questions take hours.
"""

from __future__ import annotations

import time

from shared.errors import Forbidden


class Budget:
    """Processor seconds of one thread, from its first `check` on."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until: float | None = None

    def check(self) -> None:
        """Raise Forbidden (`credentials_unverifiable`) once the time is used up."""
        now = time.thread_time()
        if self._until is None:
            self._until = now + self.seconds
        elif now > self._until:
            raise Forbidden(
                f"the policies take longer than {self.seconds:g} s of processor time to evaluate, so nobody knows what "
                "they allow; they are too many, or name too much",
                code="credentials_unverifiable",
            )
