"""Which requests a step looked at AWS with, in the plan's journal: they change nothing, so the newest are enough.

They are written along with what the journal gets next. A killed process takes a few of them with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from services.executor.records.journal import Journal
from shared.aws.answers.requests import AnsweredRequest, listening

# Of one step, and of what undoes it. A slow resource is asked for every 10 seconds, for hours.
MAX_READS = 50
# A journal field that a step remembers is STEP#NAME.
NAME = "aws reads"


@contextmanager
def noted(journal: Journal, key: str) -> Iterator[None]:
    """Note under the step's key what AWS answers to this thread's reads in the block."""
    field = f"{key}#{NAME}"
    known: list[Any] = json.loads(journal.entry(field) or "[]")
    heard: list[Any] = []

    def hear(answered: AnsweredRequest) -> None:
        heard.append(
            [
                round(answered.at, 3),
                answered.service,
                answered.operation,
                answered.region,
                answered.request_id,
                answered.status,
            ]
        )

    try:
        with listening(hear):
            yield
    finally:
        if heard:
            journal.along(field, json.dumps((known + heard)[-MAX_READS:], separators=(",", ":")))
