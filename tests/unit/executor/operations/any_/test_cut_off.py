"""change_aws under faults: one effect with a token, with a probe, and a person asked where there is neither."""

from __future__ import annotations

from typing import Any

import pytest

from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import Executor
from tests.unit.executor.decisions.test_in_doubt import answer
from tests.unit.executor.execution.test_cancel import cancel
from tests.unit.executor.faults import WiredExecutor, closes, errs, times_out, token_of, wired
from tests.unit.executor.operations.any_.test_change_aws import call, instance, state_of

__all__ = ["instance"]
# EC2 takes a token with it, and no read shows the one host that this request made.
HOSTS = call("ec2", "AllocateHosts", AvailabilityZone="us-east-1a", InstanceType="m5.large", Quantity=1)
FAULTS = {
    "the answer is lost": times_out(after=True),
    "the request is lost": times_out(after=False),
    "the connection closes after it": closes(after=True),
    "AWS fails after it": errs(500, after=True),
    "AWS fails before it": errs(503),
}


def run(executor: WiredExecutor, step: ProposedStep) -> Plan:
    return executor.run(executor.prepare(step))


@pytest.fixture
def executor(executor: Executor) -> WiredExecutor:
    return wired(executor)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_what_a_read_shows_happens_once(executor: WiredExecutor, instance: str, fault: Any) -> None:
    executor.wire.faults["StopInstances"].append(fault)
    ended = run(executor, call("ec2", "StopInstances", InstanceIds=[instance]))
    assert ended.status == "done", ended.steps[0].error
    assert executor.wire.counted["StopInstances"] == 1
    assert state_of(executor, instance) == "stopped"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_what_has_a_token_is_sent_again_with_the_same_one(executor: WiredExecutor, fault: Any) -> None:
    executor.wire.faults["AllocateHosts"].append(fault)
    ended = run(executor, HOSTS)
    assert ended.status == "done", ended.steps[0].error
    tokens = {token for body in executor.wire.bodies if (token := token_of(body))}
    assert len(tokens) == 1
    assert executor.wire.counted["AllocateHosts"] == 1


def test_what_has_neither_stops_the_plan_in_doubt(executor: WiredExecutor, instance: str) -> None:
    executor.wire.faults["RebootInstances"].append(times_out(after=True))
    ended = run(executor, call("ec2", "RebootInstances", InstanceIds=[instance]))
    assert ended.status == "in_doubt"
    assert executor.wire.counted["RebootInstances"] == 1


def test_a_refusal_of_what_has_neither_is_final(executor: WiredExecutor, instance: str) -> None:
    executor.wire.faults["RebootInstances"].append(errs(400, "IncorrectInstanceState"))
    ended = run(executor, call("ec2", "RebootInstances", InstanceIds=[instance]))
    assert ended.status == "failed"
    assert executor.wire.counted["RebootInstances"] == 0


def test_what_has_a_token_and_fails_each_time_ends_in_doubt(executor: WiredExecutor) -> None:
    """AWS may have done it at any of the sends, and nothing shows it: to say that it failed would be a guess."""
    executor.wire.always["AllocateHosts"] = errs(500, after=True)
    ended = run(executor, HOSTS)
    assert ended.status == "in_doubt", ended.steps[0].error
    assert executor.wire.counted["AllocateHosts"] >= 1


@pytest.mark.parametrize("refusal", [errs(400, "IdempotentParameterMismatch"), errs(403, "UnauthorizedOperation")])
def test_a_refusal_of_a_repetition_says_nothing_of_the_first_send(executor: WiredExecutor, refusal: Any) -> None:
    executor.wire.faults["AllocateHosts"] += [times_out(after=True), refusal]
    ended = run(executor, HOSTS)
    assert ended.status == "in_doubt", ended.steps[0].error
    assert executor.wire.counted["AllocateHosts"] == 1


def test_a_refusal_of_the_first_send_is_final(executor: WiredExecutor) -> None:
    executor.wire.faults["AllocateHosts"].append(errs(400, "InstanceLimitExceeded"))
    ended = run(executor, HOSTS)
    assert ended.status == "failed"


def test_a_cancellation_after_a_lost_send_leaves_a_doubt(executor: WiredExecutor) -> None:
    """Sending it again could make it happen after the cancellation; not to send it says nothing of the first send."""
    plan = executor.prepare(HOSTS)

    def cancelled_meanwhile(request: Any, forward: Any) -> Any:
        cancel(executor, plan)
        return times_out(after=True)(request, forward)

    executor.wire.faults["AllocateHosts"].append(cancelled_meanwhile)
    ended = executor.run(plan)
    assert ended.steps[0].status == "in_doubt", ended
    assert executor.wire.counted["AllocateHosts"] == 1


def test_what_a_person_said_happened_is_done_and_not_sent_again(executor: WiredExecutor, instance: str) -> None:
    executor.wire.faults["RebootInstances"].append(times_out(after=True))
    plan = executor.prepare(call("ec2", "RebootInstances", InstanceIds=[instance]))
    doubtful = executor.run(plan)
    answer(executor, doubtful, "one", True)
    ended = executor.run(plan)
    assert (ended.status, ended.steps[0].status) == ("done", "done"), ended.steps[0].error
    assert executor.wire.counted["RebootInstances"] == 1


ALARM = call(
    *("cloudwatch", "PutMetricAlarm"),
    **{"AlarmName": "busy", "Namespace": "mine", "MetricName": "m", "Period": 60, "EvaluationPeriods": 1},
    **{"Statistic": "Sum", "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"},
)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_what_has_to_be_as_all_of_its_parameters_is_recognised(executor: WiredExecutor, fault: Any) -> None:
    executor.wire.faults["PutMetricAlarm"].append(fault)
    ended = run(executor, ALARM)
    assert ended.status == "done", ended.steps[0].error
    assert executor.wire.counted["PutMetricAlarm"] == 1
    assert isinstance(ended.steps[0].result, dict)
    undo: Any = ended.steps[0].result["undo"]
    assert undo["operation"] == "DeleteAlarms", ended.steps[0].result
