"""The journal has AWS's own id of every request that a step sent, also of those that failed or were sent again."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from services.executor.calls.entry import Entry
from services.executor.calls.journaled import journaled_calls
from services.executor.calls.observation import NotYet, Probe
from services.executor.calls.outcome import OutcomeUnknown
from services.executor.calls.request import Request
from services.executor.calls.sent import MAX_KEPT, SentRequests
from services.executor.records.reads import MAX_READS, noted
from shared.aws.answers.requests import AnsweredRequest, listening
from shared.errors import AssistantError
from shared.plans.evidence import JournaledCall
from tests.unit.executor.calls.test_step_calls import CREATE, FIELD, Bench
from tests.unit.executor.conftest import Executor
from tests.unit.executor.faults import closes, errs, throttled, unreachable


@pytest.fixture
def bench(executor: Executor, redis: Redis) -> Bench:
    return Bench(executor, redis)


def only_call(bench: Bench) -> JournaledCall:
    (found,) = journaled_calls(bench.redis, "pln_x").calls
    return found


def test_a_call_has_the_id_that_aws_answered_with(bench: Bench) -> None:
    heard: list[AnsweredRequest] = []
    bench.create()
    call = only_call(bench)
    (sent,) = call.sent
    assert (call.step, call.service, call.operation, call.state) == ("s1", "iam", "CreateRole", "done")
    assert call.region == bench.executor.info.region
    assert (sent.status, sent.code) == (200, "")
    with listening(heard.append):
        bench.iam.get_role(RoleName="r")
    # Another request has another id.
    assert sent.id not in ("", heard[0].request_id)
    assert (heard[0].service, heard[0].operation, heard[0].status) == ("iam", "GetRole", 200)


def test_each_attempt_has_an_id_of_its_own_with_what_aws_said_of_it(bench: Bench) -> None:
    bench.wire.faults["CreateRole"] = [throttled(), errs(500)]
    bench.create()
    sent = only_call(bench).sent
    assert [(one.status, one.code) for one in sent] == [(400, "Throttling"), (500, "InternalFailure"), (200, "")]
    assert [one.id for one in sent[:2]] == ["r", "r"]
    assert sent[2].id not in ("", "r")


def test_the_request_is_in_the_journal_before_it_leaves(bench: Bench) -> None:
    seen: list[Any] = []
    bench.wire.on_send = lambda _: seen.append([(one.id, one.status) for one in only_call(bench).sent])
    bench.create()
    assert seen == [[("", 0)]]


def test_a_request_without_an_answer_stays_without_an_id(bench: Bench) -> None:
    bench.wire.faults["CreateRole"] = [closes(after=True)]
    bench.create()
    call = only_call(bench)
    assert (call.state, [(one.id, one.status) for one in call.sent]) == ("done", [("", 0)])


def test_a_request_that_found_no_connection_was_never_sent(bench: Bench) -> None:
    bench.wire.faults["CreateRole"] = [unreachable()]
    bench.create()
    assert [one.status for one in only_call(bench).sent] == [200]


def test_a_call_for_which_there_never_was_a_connection_has_no_requests(bench: Bench) -> None:
    bench.wire.always["CreateRole"] = unreachable()
    with pytest.raises(AssistantError):
        bench.create()
    assert (only_call(bench).state, only_call(bench).sent) == ("refused", ())


def test_a_request_that_never_left_takes_no_earlier_one_with_it() -> None:
    sent = SentRequests()
    sent.leaves(1.0)
    with sent.noted():
        pass  # the answer was lost
    sent.never_left()
    assert [one.at for one in sent.all] == [1.0]


def test_a_run_that_takes_over_keeps_what_the_run_before_it_sent(bench: Bench) -> None:
    bench.wire.faults["CreateRole"] = [closes(after=False)]

    def unclear() -> Any:
        raise AssertionError("no probe is asked before the answer is lost")

    probes: list[Probe] = [unclear]
    with pytest.raises((OutcomeUnknown, AssertionError)):
        bench.create(probe=probes[0])
    bench.create(probe=NotYet)
    sent = only_call(bench).sent
    assert [bool(one.id) for one in sent] == [False, True]


def test_a_journal_of_an_older_version_tells_how_often_it_was_sent_and_no_id(bench: Bench) -> None:
    bench.redis.hset(
        "journal:pln_x", FIELD, Entry(state="done", request=CREATE.name, at=5.0, sends=2).model_dump_json()
    )
    assert [(one.at, one.id) for one in only_call(bench).sent] == [(5.0, ""), (5.0, "")]


def test_a_refusal_is_told_with_its_id(bench: Bench) -> None:
    bench.create()
    second = Request("iam", "CreateRole", CREATE.parameters)
    with bench.run() as calls, pytest.raises(AssistantError):
        calls.once(second, NotYet, name="again")
    refused = next(call for call in journaled_calls(bench.redis, "pln_x").calls if call.state == "refused")
    assert [(one.status, one.code) for one in refused.sent] == [(409, "EntityAlreadyExists")]
    assert refused.sent[0].id


def test_what_cloud_control_is_asked_again_is_a_request_too(bench: Bench) -> None:
    """The probe of a call that AWS knows by its token sends it again."""
    request = Request("iam", "CreateRole", CREATE.parameters)
    bench.wire.faults["CreateRole"] = [closes(after=False)]
    with bench.run() as calls:
        probe = calls.by_token(request, lambda answer: answer["Role"]["RoleName"], NotYet, "create")
        assert calls.once(request, probe, name="create") == "r"
    sent = only_call(bench).sent
    assert [(bool(one.id), one.status) for one in sent] == [(False, 0), (True, 200)]


def test_a_call_that_is_refused_for_an_hour_keeps_the_newest_and_counts_the_others() -> None:
    sent = SentRequests()
    sent.leaves(0.0)
    with sent.noted():
        pass  # an answer that was lost
    for number in range(1, MAX_KEPT + 20):
        sent.leaves(float(number))
        with sent.noted():
            sent._hear(AnsweredRequest("s3", "CreateBucket", "eu-west-1", f"r-{number}", 409, "OperationAborted", 0.0))
    assert (len(sent.all), sent.not_kept) == (MAX_KEPT, 20)
    # What may have changed something is kept.
    assert sent.all[0].at == 0.0
    assert sent.all[-1].id == f"r-{MAX_KEPT + 19}"


def test_reads_are_noted_with_the_next_write_and_the_newest_are_kept(bench: Bench) -> None:
    bench.create()
    with bench.run() as calls:
        for _ in range(MAX_READS + 3):
            with noted(calls.journal, "s1"):
                bench.iam.get_role(RoleName="r")
        assert journaled_calls(bench.redis, "pln_x").reads == ()
        calls.journal.write()
    found = journaled_calls(bench.redis, "pln_x")
    assert {(one.step, one.service, one.operation) for one in found.reads} == {("s1", "iam", "GetRole")}
    assert len({one.id for one in found.reads}) == len(found.reads) == MAX_READS
    assert len(found.calls) == 1
