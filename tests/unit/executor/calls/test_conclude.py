"""How a call ends: what it returns or raises, and what the journal has of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from services.executor.calls.call import MAX_SENDS, Call
from services.executor.calls.conclude import conclude
from services.executor.calls.entry import Entry, read_entry, replay, write_entry
from services.executor.calls.observation import Happened, NotYet, Unclear
from services.executor.calls.outcome import Answered, Outcome, OutcomeUnknown, Refused
from services.executor.calls.request import Request
from services.executor.calls.sent import Sent, SentRequests
from services.executor.records.journal import Journal
from shared.broker.failures import LeaseLost
from shared.errors import AssistantError, AwsError, Forbidden

FIELD = "s1/iam:CreateRole"
SENT = '"region":"eu-west-1","sent":[{"at":1799999999.0,"id":"r-1","status":200}]}'
NOW = 1_800_000_000.0


@pytest.fixture
def journal(redis: Redis) -> Iterator[Journal]:
    """Held, with the intent of the call in it."""
    made = Journal(redis, "pln_x")
    with made.lease(lambda: None):
        write_entry(made, FIELD, Entry(state="intent", request="iam:CreateRole", at=NOW - 1, sends=2))
        yield made


def call() -> Call:
    return Call(
        FIELD,
        Request("iam", "CreateRole", {}),
        region="eu-west-1",
        sent=SentRequests([Sent(at=NOW - 1, id="r-1", status=200)]),
        probe=NotYet,
        before=lambda: None,
        keep=lambda answer: None,
        sends=2,
    )


def end(journal: Journal, outcome: Outcome, on_late_effect: Callable[[], None] = lambda: None) -> object:
    return conclude(journal, call(), outcome, NOW, on_late_effect)


def stored(redis: Redis) -> object:
    return redis.hget("journal:pln_x", FIELD)


def test_an_answered_call_gives_what_was_kept_and_is_done(journal: Journal, redis: Redis) -> None:
    assert end(journal, Answered({"arn": "a"})) == {"arn": "a"}
    assert stored(redis) == (
        f'{{"state":"done","request":"iam:CreateRole","at":1800000000.0,"sends":2,"value":{{"arn":"a"}},{SENT}'
    )


def test_an_effect_that_a_probe_found_is_adopted(journal: Journal, redis: Redis) -> None:
    assert end(journal, Happened("v")) == "v"
    assert stored(redis) == (
        f'{{"state":"done","request":"iam:CreateRole","at":1800000000.0,"sends":2,"value":"v","adopted":true,{SENT}'
    )


def test_a_refusal_is_raised_and_replayed_word_for_word(journal: Journal, redis: Redis) -> None:
    with pytest.raises(Forbidden) as caught:
        end(journal, Refused(Forbidden("AWS denied it", code="aws_access_denied")))
    assert stored(redis) == (
        '{"state":"refused","request":"iam:CreateRole","at":1800000000.0,"sends":2,"code":"aws_access_denied",'
        f'"detail":"AWS denied it",{SENT}'
    )
    entry = read_entry(journal, FIELD)
    assert entry is not None
    with pytest.raises(AwsError) as again:
        replay(entry)
    assert (again.value.code, again.value.detail) == (caught.value.code, caught.value.detail)


def test_a_call_that_aws_never_carried_out_is_refused_as_unavailable(journal: Journal) -> None:
    with pytest.raises(AssistantError, match=f"failed {MAX_SENDS} times") as caught:
        end(journal, NotYet())
    assert caught.value.code == "aws_unavailable"
    entry = read_entry(journal, FIELD)
    assert entry is not None
    assert (entry.state, entry.code) == ("refused", "aws_unavailable")


def test_a_call_whose_outcome_nothing_shows_stays_an_intent(journal: Journal, redis: Redis) -> None:
    before = stored(redis)
    with pytest.raises(OutcomeUnknown) as caught:
        end(journal, Unclear("AWS could not be asked"))
    assert (caught.value.field, caught.value.request, caught.value.why) == (
        FIELD,
        "iam:CreateRole",
        "AWS could not be asked",
    )
    assert stored(redis) == before


@pytest.mark.parametrize(("outcome", "late"), [(Answered("v"), 1), (Happened("v"), 0)], ids=["answered", "adopted"])
def test_only_what_aws_answered_after_the_lease_was_lost_is_a_late_effect(
    journal: Journal, redis: Redis, outcome: Outcome, late: int
) -> None:
    """What a probe found may as well be the effect of the run that has the plan now."""
    before, effects = stored(redis), []
    redis.hincrby("run:pln_x", "fence", 1)
    with pytest.raises(LeaseLost):
        end(journal, outcome, lambda: effects.append("late"))
    assert len(effects) == late
    assert stored(redis) == before


def test_an_entry_of_an_older_version_is_read(journal: Journal) -> None:
    """Written before there was anything but these fields, which stay what they are called."""
    journal.write(entries={FIELD: '{"state":"done","request":"iam:CreateRole","at":1.0,"value":7}'})
    entry = read_entry(journal, FIELD)
    assert entry is not None
    assert (replay(entry), entry.sends, entry.adopted, entry.denied) == (7, 1, False, False)
