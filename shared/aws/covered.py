"""What one call has covered so far, put down by whatever reads: it becomes the answer's `Coverage`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from shared.messages import Coverage


@dataclass(slots=True)
class Covered:
    """Filled in while a tool runs, from any thread.

    A tool that knows more than what its readers put down says so: `total` rows exist, counted by `method`, as of a
    moment (Unix seconds) that is not now.
    """

    regions: dict[str, None] = field(default_factory=dict)
    accounts: dict[str, None] = field(default_factory=dict)
    total: int | None = None
    method: str | None = None
    as_of: float | None = None
    truncated: bool = False

    def answered(self, *, region: str | None = None, account: str | None = None) -> None:
        """A region or an account has answered, with something or with nothing."""
        if region:
            self.regions[region] = None
        if account:
            self.accounts[account] = None

    def did_not_answer(self, region: str) -> None:
        """A region of which something is missing after all."""
        self.regions.pop(region, None)

    def cut_off(self) -> None:
        """A list goes on after what was read of it; a gap says where."""
        self.truncated = True

    def coverage(self, account: str, count: int | None, *, complete: bool) -> Coverage:
        """The answer's coverage. `count`: rows of its main list; with no gaps and nothing cut off they are all."""
        whole = count if complete and not self.truncated else None
        return Coverage(
            count=count,
            total=self.total if self.total is not None else whole,
            regions=tuple(sorted(self.regions)),
            accounts=tuple(sorted(self.accounts)) or (account,),
            method=self.method,
            as_of=round(self.as_of or time.time(), 3),
            truncated=self.truncated,
        )
