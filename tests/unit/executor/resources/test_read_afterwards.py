"""A resource that was changed and cannot be read then is done, and can be undone: it was changed all the same."""

from __future__ import annotations

from typing import Any

import pytest

from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.fakes.clock import FakeClock
from tests.unit.executor.conftest import Executor, step
from tests.unit.executor.faults import WiredExecutor, denied, errs, wired

GROUP = "AWS::Logs::LogGroup"
PROPERTIES = {"LogGroupName": "mine", "RetentionInDays": 3}
CREATE = step("create_aws_resource", "made", type_name=GROUP, properties=dict(PROPERTIES))
UPDATE = step("update_aws_resource", "set", type_name=GROUP, identifier="mine", changes={"RetentionInDays": 7})
UNREADABLE = {"refused": denied(), "AWS fails": errs(500)}


@pytest.fixture
def executor(executor: Executor) -> WiredExecutor:
    made = wired(executor, conflicts_seconds=30)
    made.clock = FakeClock().clock
    return made


def run_unread(executor: WiredExecutor, fault: Any, call: str, *steps: ProposedStep) -> Plan:
    """Run the plan; from its change on nothing of the resource can be read until something else is changed."""
    wire, plan = executor.wire, executor.prepare(*steps)

    def hides(request: Any, forward: Any) -> Any:
        wire.always["GetResource"] = fault
        return forward()

    def shows(request: Any, forward: Any) -> Any:
        wire.always.pop("GetResource", None)
        return forward()

    wire.faults[call].append(hides)
    wire.always["DeleteResource"] = shows
    return executor.run(plan)


@pytest.mark.parametrize("fault", UNREADABLE.values(), ids=list(UNREADABLE))
def test_a_resource_that_was_made_and_cannot_be_read_is_done_as_it_was_asked_for(
    executor: WiredExecutor, fault: Any
) -> None:
    ended = run_unread(executor, fault, "CreateResource", CREATE)
    assert ended.status == "done", ended.steps[0].error
    result: Any = ended.steps[0].result
    assert result["identifier"] == "mine"
    assert {**result["properties"], **PROPERTIES} == result["properties"]
    assert executor.wire.counted == {"CreateResource": 1}


def test_an_update_that_cannot_be_read_is_done_and_can_be_changed_back(executor: WiredExecutor) -> None:
    executor.wire.cloud_control.resources[GROUP, "mine"] = dict(PROPERTIES)
    ended = run_unread(executor, denied(), "UpdateResource", UPDATE)
    assert ended.status == "done", ended.steps[0].error
    result: Any = ended.steps[0].result
    assert (result["properties"]["RetentionInDays"], result["restores"]) == (7, {"RetentionInDays": 3})


def test_a_resource_that_cannot_be_read_is_taken_back_where_a_later_step_fails(executor: WiredExecutor) -> None:
    fails = step("create_s3_bucket", "last", ("made",), bucket_name="a-new-bucket", region="eu-west-1")
    executor.wire.always["CreateBucket"] = errs(400, "TooManyBuckets")
    ended = run_unread(executor, denied(), "CreateResource", CREATE, fails)
    # To delete it the executor has to read it: what is left is told of.
    assert ended.status == "failed"
    [made, _] = ended.steps
    left = (GROUP, "mine") in executor.wire.cloud_control.resources
    assert left == (made.status != "undone")
    assert made.status == "undone" or made.error is not None
