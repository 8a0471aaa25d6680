"""The journal's record of one call. Field names stay as they are: journals of older versions must be read."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from services.executor.calls.sent import Sent, SentRequests
from services.executor.records.journal import Journal
from shared.broker.stored import read
from shared.errors import AwsError, Unavailable
from shared.messages import Message
from shared.text.answers import visible

# A journal field of a call is STEP/NUMBER, what a step remembers STEP#NAME; these are the plan's own.
CALL = "/"
KNOWN_FIELDS = frozenset({"@files", "@resolved", "phase"})


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
    region: str = ""
    sent: tuple[Sent, ...] = ()
    not_kept: int = 0


def read_entry(journal: Journal, field: str) -> Entry | None:
    """The record of the call whose journal field this is, None where it was never about to be sent."""
    stored = journal.entry(field)
    return read(Entry, stored) if stored else None


def check_journal(journal: Journal) -> None:
    """Raise Unavailable (`record_unreadable`) unless this version knows every record of the journal.

    An executor of a newer version may have begun the plan. What one of its records says may be a condition, so that
    this version does not go on with the plan; the run stays requested, and one of the newer version does.
    """
    for field in journal.fields(""):
        if CALL in field:
            read_entry(journal, field)
        elif "#" not in field and field not in KNOWN_FIELDS:
            raise Unavailable(
                f"the plan's journal has the record {visible(field)!r}, which this version does not know: a newer "
                "version wrote it. Upgrade the executor",
                code="record_unreadable",
            )


def write_entry(journal: Journal, field: str, entry: Entry) -> None:
    """Write the record; on disk when this returns. Raises LeaseLost or RedisAway."""
    journal.write(entries={field: entry.model_dump_json(exclude_defaults=True)})


def sent_before(entry: Entry | None) -> SentRequests:
    """The requests that the entry names; none where there is none."""
    return SentRequests(entry.sent, entry.not_kept) if entry else SentRequests()


def replay(entry: Entry) -> JsonValue:
    """What the call came to when it ended: its value, or its refusal raised again as AwsError. Sends nothing."""
    if entry.state == "refused":
        raise AwsError(entry.detail, code=entry.code)
    return entry.value
