"""A call of AWS that changes something is sent once, whatever becomes of its answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from redis import Redis

from services.executor.calls.call import MAX_SENDS
from services.executor.calls.entry import Entry
from services.executor.calls.observation import Happened, NotYet, Observation, Probe, Unclear
from services.executor.calls.outcome import OutcomeUnknown
from services.executor.calls.request import Request, with_token
from services.executor.calls.step_calls import StepCalls
from services.executor.operations.iam.role_state import find_role, role_identity
from services.executor.records.journal import Journal
from shared.access.guard import Guard
from shared.access.stripping import REMOVED
from shared.aws.clients import Aws
from shared.broker.failures import LeaseLost
from shared.errors import AssistantError, Conflict
from shared.messages import Effect
from tests.fakes.clock import FakeClock
from tests.unit.executor.conftest import LAMBDA_TRUST, SETUP, Executor
from tests.unit.executor.faults import (
    Fault,
    Wire,
    WiredClients,
    closes,
    denied,
    errs,
    passes,
    throttled,
    times_out,
    unreachable,
    wired,
)

TRUST = json.dumps(LAMBDA_TRUST)
CREATE = Request("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": TRUST})
FIELD = "s1/iam:CreateRole"
EVERYTHING = Guard("test", effects=frozenset(Effect))


class Bench:
    """Runs of one plan's step, one after another, on one account."""

    def __init__(self, executor: Executor, redis: Redis, **settings: Any) -> None:
        self.executor, self.redis, self.wire = wired(executor, **settings), redis, Wire()
        self.clients = WiredClients(self.wire, EVERYTHING)
        self.clock = FakeClock()
        self.journal = Journal(redis, "pln_x")

    @contextmanager
    def run(self) -> Iterator[StepCalls]:
        self.journal = Journal(self.redis, "pln_x")
        clients = self.clients.trying_once(self.journal.check_lease)
        aws = Aws(self.executor.session, time.time() + 60, clients)
        with self.journal.lease(lambda: None):
            yield StepCalls(aws, self.journal, self.executor.settings, "s1", "pln_x", self.clock.clock)

    @property
    def iam(self) -> Any:
        return SETUP.client(self.executor.session.credentials, "iam", "eu-west-1")

    def probe(self) -> Observation:
        role = find_role(self.iam, "r")
        return Happened(role_identity(role)) if role else NotYet()

    def create(self, probe: Probe | None = None, **more: Any) -> Any:
        with self.run() as calls:
            return calls.once(CREATE, probe or self.probe, keep=lambda answer: role_identity(answer["Role"]), **more)

    def entry(self) -> Entry:
        text: Any = self.redis.hget("journal:pln_x", FIELD)
        return Entry.model_validate_json(text)

    def cut_off(self, *, sends: int = 1, denied: bool = False) -> None:
        """What a killed run leaves: an intent without an outcome; `denied` once a person said it did not happen."""
        entry = Entry(state="intent", request=CREATE.name, at=self.clock.now, sends=sends, denied=denied)
        self.redis.hset("journal:pln_x", FIELD, entry.model_dump_json())


@pytest.fixture
def bench(executor: Executor, redis: Redis) -> Bench:
    return Bench(executor, redis)


def refusal(act: Callable[[], Any]) -> AssistantError:
    with pytest.raises(AssistantError) as caught:
        act()
    return caught.value


def test_a_call_that_is_done_is_not_sent_again_and_gives_the_same_value(bench: Bench) -> None:
    made = bench.create()
    assert bench.create() == made
    assert bench.wire.sent == ["CreateRole"]
    assert bench.entry().state == "done"


def test_the_intent_is_on_disk_before_the_request_leaves(bench: Bench) -> None:
    bench.wire.on_send = lambda _: seen.append(bench.entry().state)
    seen: list[str] = []
    bench.create()
    assert seen == ["intent"]


def test_a_cut_off_call_whose_effect_is_there_is_adopted(bench: Bench) -> None:
    made = bench.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]
    bench.cut_off()
    assert bench.create() == role_identity(made)
    assert bench.wire.sent == []
    assert bench.entry().adopted


def test_a_cut_off_call_without_effect_is_sent_again_once_aws_had_time_to_show_it(
    executor: Executor, redis: Redis
) -> None:
    bench = Bench(executor, redis, settle_seconds=15)
    bench.cut_off()
    began = bench.clock.now
    sent_at: list[float] = []
    bench.wire.on_send = lambda _: sent_at.append(bench.clock.now)
    assert bench.create()["role_name"] == "r"
    assert bench.wire.effects == ["CreateRole"]
    assert sent_at[0] - began >= 15
    assert bench.entry().sends == 2


def test_an_effect_that_shows_late_is_waited_for(executor: Executor, redis: Redis) -> None:
    bench = Bench(executor, redis, settle_seconds=5)
    bench.cut_off()
    found: list[Observation] = [NotYet(), Unclear("half of it is there"), Happened("there")]
    assert bench.create(lambda: found.pop(0)) == "there"
    assert bench.wire.sent == []


def test_a_cut_off_call_whose_effect_is_unclear_is_never_sent_again(bench: Bench) -> None:
    bench.cut_off()
    with pytest.raises(OutcomeUnknown) as caught:
        bench.create(lambda: Unclear("somebody else's is there"))
    assert caught.value.field == FIELD
    assert bench.wire.sent == []


def test_where_aws_denies_the_probe_the_outcome_is_unknown(bench: Bench) -> None:
    bench.wire.always["GetRole"] = denied()
    bench.cut_off()
    reading = bench.clients.client(bench.executor.session.credentials, "iam", "eu-west-1")
    with pytest.raises(OutcomeUnknown, match="AWS denied GetRole"):
        bench.create(lambda: Happened() if find_role(reading, "r") else NotYet())
    assert bench.wire.sent == []


def test_a_probe_that_aws_throttles_is_repeated(executor: Executor, redis: Redis) -> None:
    bench = Bench(executor, redis, look_seconds=20)
    bench.wire.faults["GetRole"] = [errs(400, "Throttling")] * 2
    bench.cut_off()
    reading = bench.clients.trying_once(lambda **_: None).client(bench.executor.session.credentials, "iam", "eu-west-1")
    bench.create(lambda: Happened() if find_role(reading, "r") else NotYet())
    assert bench.wire.effects == ["CreateRole"]


@pytest.mark.parametrize(
    "fault",
    [errs(500, after=True), errs(503, after=True), times_out(after=True), closes(after=True)],
    ids=["500", "503", "time-out", "closed"],
)
def test_an_answer_that_got_lost_after_the_work_is_found_done(bench: Bench, fault: Fault) -> None:
    bench.wire.faults["CreateRole"] = [fault]
    assert bench.create()["role_name"] == "r"
    assert bench.wire.sent == bench.wire.effects == ["CreateRole"]
    assert bench.create()["role_name"] == "r"
    assert bench.wire.sent == ["CreateRole"]


@pytest.mark.parametrize(
    "fault", [errs(500), times_out(after=False), closes(after=False)], ids=["500", "time-out", "closed"]
)
def test_an_answer_that_got_lost_before_the_work_leads_to_another_send(bench: Bench, fault: Fault) -> None:
    bench.wire.faults["CreateRole"] = [fault]
    bench.create()
    assert bench.wire.sent == ["CreateRole"] * 2
    assert bench.wire.effects == ["CreateRole"]


@pytest.mark.parametrize(("fault", "seconds"), [(errs(500), 3), (closes(after=False), 15)], ids=["500", "closed"])
def test_aws_gets_the_settle_time_to_show_an_effect_and_a_fifth_of_it_once_it_answered(
    executor: Executor, redis: Redis, fault: Fault, seconds: float
) -> None:
    bench = Bench(executor, redis, settle_seconds=15)
    sent_at: list[float] = []
    bench.wire.on_send = lambda _: sent_at.append(bench.clock.now)
    bench.wire.faults["CreateRole"] = [fault]
    bench.create()
    assert seconds <= sent_at[1] - sent_at[0] < seconds + 0.1


def test_sends_that_were_found_to_have_no_effect_are_bounded(bench: Bench) -> None:
    bench.wire.always["CreateRole"] = errs(500)
    assert refusal(bench.create).code == "aws_unavailable"
    assert len(bench.wire.sent) == MAX_SENDS
    bench.wire.always.clear()
    assert refusal(bench.create).code == "aws_unavailable"
    assert len(bench.wire.sent) == MAX_SENDS


def test_sends_of_runs_that_were_killed_do_not_count_as_failures_of_aws(bench: Bench) -> None:
    bench.cut_off(sends=MAX_SENDS)
    bench.create()
    assert bench.wire.effects == ["CreateRole"]


def test_throttling_is_waited_out_without_a_probe(bench: Bench) -> None:
    bench.wire.faults["CreateRole"] = [throttled()]
    bench.create()
    assert bench.wire.effects == ["CreateRole"]
    assert bench.entry().sends == 1
    assert bench.clock.slept == [0.5]


def test_throttling_without_end_is_a_refusal(bench: Bench) -> None:
    bench.wire.always["CreateRole"] = throttled()
    assert refusal(bench.create).code == "aws_throttled"
    assert bench.entry().state == "refused"


def test_a_connection_that_never_opened_is_tried_again_without_a_probe(bench: Bench) -> None:
    probes: list[int] = []
    bench.wire.faults["CreateRole"] = [unreachable()]
    bench.create(lambda: probes.append(1) or NotYet())  # type: ignore[func-returns-value]  # counts
    assert bench.wire.effects == ["CreateRole"]
    assert probes == []


def test_the_intent_has_the_time_of_the_last_send(bench: Bench) -> None:
    """After a long wait for throttling AWS needs the settle time from then on, not from the first send."""
    times: list[float] = []
    bench.wire.faults["CreateRole"] = [throttled(), passes(lambda: times.append(bench.entry().at))]
    began = bench.clock.now
    bench.create()
    assert times == [began + 0.5]


def test_a_refusal_is_remembered_word_for_word(bench: Bench) -> None:
    bench.wire.faults["CreateRole"] = [denied()]
    first = refusal(bench.create)
    again = refusal(bench.create)
    assert (first.code, first.detail) == (again.code, again.detail) == ("aws_access_denied", first.detail)
    assert bench.wire.sent == ["CreateRole"]


def test_a_resource_of_the_name_that_is_somebody_elses_is_refused_and_not_adopted(bench: Bench) -> None:
    bench.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    assert refusal(lambda: bench.create(NotYet)).code == "aws_entity_already_exists"


def test_a_name_taken_by_our_own_earlier_send_is_adopted(bench: Bench) -> None:
    """The first send's effect does not show until the second was refused for it."""
    bench.wire.faults["CreateRole"] = [closes(after=True)]
    made = bench.create(lambda: bench.probe() if len(bench.wire.sent) > 1 else NotYet())
    assert made["role_name"] == "r"
    assert bench.wire.effects == ["CreateRole"]
    assert bench.entry().adopted


def test_a_check_before_the_send_that_finds_our_own_earlier_send_adopts_it(bench: Bench) -> None:
    """The first send's effect shows only after it was probed for, and the check takes it for somebody else's."""
    checks: list[Observation] = []

    def free() -> None:
        checks.append(bench.probe())
        if isinstance(checks[-1], Happened):
            raise Conflict("the name is taken")

    bench.wire.faults["CreateRole"] = [closes(after=True)]
    made = bench.create(lambda: bench.probe() if len(checks) > 1 else NotYet(), before=free)
    assert made["role_name"] == "r"
    assert bench.wire.sent == ["CreateRole"]


def test_a_check_that_refuses_keeps_the_request_from_being_sent(bench: Bench) -> None:
    def taken() -> None:
        raise Conflict("taken", code="taken")

    assert refusal(lambda: bench.create(before=taken)).code == "taken"
    assert bench.wire.sent == []
    assert bench.redis.hgetall("journal:pln_x") == {}


def test_where_a_person_said_the_call_did_not_happen_the_refusal_of_the_check_stands(bench: Bench) -> None:
    """The probe does not tell whose effect is in the way, so it is not this call's: the person said so."""

    def taken() -> None:
        raise Conflict("taken", code="taken")

    bench.cut_off(denied=True)
    assert refusal(lambda: bench.create(lambda: Unclear("somebody else's is there"), before=taken)).code == "taken"
    assert bench.wire.sent == []


def test_a_check_that_finds_something_unclear_after_a_lost_answer_leaves_the_outcome_unknown(bench: Bench) -> None:
    found: list[Observation] = [NotYet(), Unclear("half of it is there")]
    checks: list[None] = [None]

    def taken() -> None:
        if not checks:
            raise Conflict("taken", code="taken")
        checks.pop()

    bench.wire.faults["CreateRole"] = [errs(500)]
    with pytest.raises(OutcomeUnknown, match="half of it"):
        bench.create(lambda: found.pop(0), before=taken)
    assert bench.wire.sent == ["CreateRole"]


def test_a_refusal_after_a_lost_answer_with_something_unclear_leaves_the_outcome_unknown(bench: Bench) -> None:
    bench.wire.faults["CreateRole"] = [errs(500), errs(409, "EntityAlreadyExists")]
    with pytest.raises(OutcomeUnknown, match="half of it"):
        bench.create(lambda: NotYet() if len(bench.wire.sent) < 2 else Unclear("half of it is there"))
    assert bench.entry().state == "intent"


def test_with_the_lease_lost_nothing_leaves_the_process(bench: Bench) -> None:
    with pytest.raises(LeaseLost), bench.run() as calls:
        calls.once(CREATE, bench.probe, before=lambda: taken_over(bench.redis))
    assert bench.wire.sent == []
    assert bench.redis.hgetall("journal:pln_x") == {}


def test_the_lease_is_checked_right_before_the_request_leaves(bench: Bench) -> None:
    """The process is stopped after the call was signed: botocore must neither wrap nor repeat what stops it."""
    with bench.run() as calls:
        client = calls.aws.client("iam")
        client.meta.events.register_last("before-sign", lambda **_: stopped_for_long(bench.journal), unique_id="stop")
        try:
            with pytest.raises(LeaseLost):
                calls.once(CREATE, bench.probe)
        finally:
            client.meta.events.unregister("before-sign", unique_id="stop")
    assert bench.wire.sent == []
    assert bench.entry().state == "intent"


@pytest.mark.parametrize("answers", [True, False], ids=["not there", "throttled"])
def test_a_run_that_lost_its_lease_stops_probing(executor: Executor, redis: Redis, answers: bool) -> None:
    bench = Bench(executor, redis, settle_seconds=15, look_seconds=20)
    probes: list[int] = []

    def probe() -> Observation:
        probes.append(1)
        stopped_for_long(bench.journal)
        if answers:
            return NotYet()
        raise ClientError({"Error": {"Code": "Throttling", "Message": "slow down"}}, "GetRole")

    bench.cut_off()
    with pytest.raises(LeaseLost):
        bench.create(probe)
    assert probes == [1]
    assert bench.wire.sent == []


def taken_over(redis: Redis) -> None:
    """Another executor took the plan."""
    redis.hincrby("run:pln_x", "fence", 1)


def stopped_for_long(journal: Journal) -> None:
    """What SIGSTOP for longer than the lease looks like to the process."""
    journal._valid_until = time.monotonic() - 1


def test_an_effect_after_the_plan_was_taken_over_is_reported_and_not_written(bench: Bench) -> None:
    late: list[bool] = []
    bench.wire.faults["CreateRole"] = [passes(lambda: taken_over(bench.redis))]
    with bench.run() as calls:
        calls.on_late_effect = lambda: late.append(True)
        with pytest.raises(LeaseLost):
            calls.once(CREATE, bench.probe)
    assert late == [True]
    assert bench.entry().state == "intent"


SECRET = Request("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "x"})


def test_a_client_token_is_the_same_for_the_same_step_and_no_other(bench: Bench) -> None:
    client = bench.clients.client(bench.executor.session.credentials, "secretsmanager", "eu-west-1")
    token = with_token(client, SECRET, "pln_x/s1")["ClientRequestToken"]
    assert token == with_token(client, SECRET, "pln_x/s1")["ClientRequestToken"]
    assert token != with_token(client, SECRET, "pln_x/s2")["ClientRequestToken"]
    own = replace(SECRET, parameters={"ClientRequestToken": "mine"})
    assert with_token(client, own, "pln_x/s1")["ClientRequestToken"] == "mine"


def test_a_repeated_send_carries_the_same_client_token(bench: Bench) -> None:
    bench.wire.faults["CreateSecret"] = [errs(500)]
    with bench.run() as calls:
        calls.once(SECRET, NotYet)
    first, second = (json.loads(body)["ClientRequestToken"] for body in bench.wire.bodies)
    assert first == second


def test_what_a_step_found_before_its_first_call_stays_the_same(bench: Bench) -> None:
    with bench.run() as calls:
        assert calls.remember("prior", lambda: {"region": "eu-west-1"}) == {"region": "eu-west-1"}
        assert not calls.begun
    with bench.run() as calls:
        assert calls.remember("prior", lambda: {"region": "other"}) == {"region": "eu-west-1"}


def test_a_secret_in_aws_answer_is_removed_before_the_journal_has_it(bench: Bench) -> None:
    bench.iam.create_user(UserName="reader")
    request = Request("iam", "CreateAccessKey", {"UserName": "reader"})
    with bench.run() as calls:
        kept = calls.once(request, lambda: NotYet(), keep=lambda answer: answer["AccessKey"]["SecretAccessKey"])
    assert kept == REMOVED
    stored = "".join(str(bench.redis.dump(key)) for key in bench.redis.scan_iter())
    assert "SecretAccessKey" not in stored
    assert REMOVED in str(bench.redis.hgetall("journal:pln_x"))
