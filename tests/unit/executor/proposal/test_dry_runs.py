"""Dry runs of EC2: asked before a plan is approved, and nothing else can be sent that way."""

from __future__ import annotations

from typing import Any

import pytest

from shared.access.guard import only_dry_runs
from shared.errors import Forbidden
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import CREDENTIALS, Executor
from tests.unit.executor.faults import WiredClients, WiredExecutor, errs, wired

REGION = "us-east-1"
INSTANCE = "i-0123456789abcdef0"


def stop(id: str = "one", needs: tuple[str, ...] = ()) -> ProposedStep:
    arguments: dict[str, Any] = {"service": "ec2", "operation": "StopInstances", "region": REGION}
    arguments["parameters"] = {"InstanceIds": [INSTANCE]}
    return ProposedStep(id=id, operation="change_aws", arguments=arguments, needs=needs)


@pytest.fixture
def asking(executor: Executor) -> WiredExecutor:
    return wired(executor, conflicts_seconds=30)


def test_a_step_that_ec2_would_carry_out_is_allowed(asking: WiredExecutor) -> None:
    asking.wire.always["StopInstances"] = errs(412, "DryRunOperation")
    [made] = asking.prepare(stop()).steps
    assert made.permission == "allowed"
    assert any("a dry run" in note for note in made.notes)
    assert asking.wire.sent == ["StopInstances"]
    assert "DryRun=true" in str(asking.wire.bodies[0])


def test_a_step_that_ec2_denies_refuses_the_plan(asking: WiredExecutor) -> None:
    asking.wire.always["StopInstances"] = errs(403, "UnauthorizedOperation")
    with pytest.raises(Forbidden, match="EC2 denies ec2:StopInstances in a dry run") as refused:
        asking.prepare(stop())
    assert refused.value.code == "permission_denied"


def test_another_refusal_is_told_and_refuses_nothing(asking: WiredExecutor) -> None:
    asking.wire.always["StopInstances"] = errs(400, "IncorrectInstanceState")
    [made] = asking.prepare(stop()).steps
    assert any("would refuse this now" in note for note in made.notes)


def test_a_step_after_another_one_is_not_asked_about(asking: WiredExecutor) -> None:
    asking.wire.always["StopInstances"] = errs(412, "DryRunOperation")
    asking.prepare(stop("first"), stop("second", needs=("first",)))
    assert asking.wire.sent == ["StopInstances"]


@pytest.mark.parametrize("parameters", [{}, {"DryRun": False}])
def test_nothing_but_a_dry_run_can_be_sent_that_way(asking: WiredExecutor, parameters: dict[str, Any]) -> None:
    clients = WiredClients(asking.wire, only_dry_runs("executor", ["ec2:StopInstances"]))
    client = clients.client(CREDENTIALS, "ec2", REGION)
    with pytest.raises(Forbidden, match="may only ask about ec2:StopInstances"):
        client.stop_instances(InstanceIds=[INSTANCE], **parameters)
    with pytest.raises(Forbidden):
        client.start_instances(InstanceIds=[INSTANCE], DryRun=True)
    assert asking.wire.sent == []
