"""change_aws under faults: one effect with a token, with a probe, and a person asked where there is neither."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import Executor
from tests.unit.executor.faults import WiredExecutor, closes, errs, times_out, wired
from tests.unit.executor.operations.any_.test_change_aws import call, instance, state_of

__all__ = ["instance"]
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
    ended = run(
        executor,
        call("ec2", "AllocateHosts", AvailabilityZone="us-east-1a", InstanceType="m5.large", Quantity=1),
    )
    assert ended.status == "done", ended.steps[0].error
    tokens = {token for body in executor.wire.bodies if (token := token_in(body))}
    assert len(tokens) == 1


def token_in(body: Any) -> str | None:
    sent = parse_qs(body.decode() if isinstance(body, bytes) else str(body))
    return sent.get("ClientToken", [None])[0]


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
