"""The journal's record of one call. Field names stay as they are: journals of older versions must be read."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from services.executor.records.journal import Journal
from shared.errors import AwsError
from shared.messages import Message


class Entry(Message):
    """`intent` before the call is sent, then `done` with what was kept of the answer, or `refused` with the error.

    `at` is when it was written (Unix seconds), of an intent right before its request left. `sends` counts the sends of
    all runs; it is 0 where AWS could not be asked whether to send it. `adopted`: a probe found the effect, no answer
    was read. `denied`: an intent of which a person said that it did not happen.
    """

    state: Literal["intent", "done", "refused"]
    request: str
    at: float
    sends: int = 1
    value: JsonValue = None
    adopted: bool = False
    denied: bool = False
    code: str = ""
    detail: str = ""


def read_entry(journal: Journal, field: str) -> Entry | None:
    """The record of the call whose journal field this is, None where it was never about to be sent."""
    stored = journal.entry(field)
    return Entry.model_validate_json(stored) if stored else None


def write_entry(journal: Journal, field: str, entry: Entry) -> None:
    """Write the record; on disk when this returns. Raises LeaseLost or RedisAway."""
    journal.write(entries={field: entry.model_dump_json(exclude_defaults=True)})


def replay(entry: Entry) -> JsonValue:
    """What the call came to when it ended: its value, or its refusal raised again as AwsError. Sends nothing."""
    if entry.state == "refused":
        raise AwsError(entry.detail, code=entry.code)
    return entry.value
