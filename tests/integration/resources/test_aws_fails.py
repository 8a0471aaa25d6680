"""Cloud Control is slow, busy, or fails: what becomes of the step."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from services.executor.execution import step_runner
from shared.broker.failures import Interrupted
from shared.errors import AssistantError
from shared.plans.plan import Plan
from tests.integration.resources.conftest import REGION, Cloud, step
from tests.unit.sandbox.conftest import policy

QUEUE, TABLE = "AWS::SQS::Queue", "AWS::DynamoDB::Table"


def creating(cloud: Cloud, name: str, **more: Any) -> Plan:
    return cloud.prepare(
        step("create_aws_resource", "q", type_name=QUEUE, properties={"QueueName": name, **more}, region=REGION)
    )


@pytest.mark.parametrize("error", ["Throttling", "ServiceInternalError"])
def test_a_request_that_failed_because_aws_was_busy_is_made_again(
    cloud: Cloud, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.executor.resources.requests.MAX_PAUSE_SECONDS", 0.1)
    plan = creating(cloud, f"busy-{error}")
    cloud.behave(faults=[{"type_name": QUEUE, "operation": "CREATE", "error": error}] * 2)
    ended = cloud.run(plan)
    assert ended.status == "done", ended.steps[0].error


def test_a_request_that_fails_for_good_fails_the_step_with_what_aws_says(cloud: Cloud) -> None:
    plan = creating(cloud, "for-good")
    cloud.behave(faults=[{"type_name": QUEUE, "operation": "CREATE", "error": "ServiceLimitExceeded"}])
    ended = cloud.run(plan)
    assert ended.status == "failed"
    assert ended.steps[0].error.code == "aws_service_limit_exceeded"


def test_a_create_that_failed_and_left_something_behind_says_so_and_is_not_made_twice(cloud: Cloud) -> None:
    plan = creating(cloud, "left-behind")
    cloud.behave(faults=[{"type_name": QUEUE, "operation": "CREATE", "error": "ServiceInternalError", "when": "after"}])
    ended = cloud.run(plan)
    assert ended.status == "failed"
    assert "left-behind" in ended.steps[0].error.detail
    assert "look whether" in ended.steps[0].error.detail


def test_calls_that_aws_throttles_are_made_again(cloud: Cloud) -> None:
    plan = creating(cloud, "throttled")
    cloud.behave(throttled=3)
    assert cloud.run(plan).status == "done"


def test_what_is_denied_to_aws_acting_for_the_role_is_told(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    # The role is new, so that a denial could pass: the request is made again, without a minute of pauses here.
    monkeypatch.setattr("services.executor.resources.requests.MAX_PAUSE_SECONDS", 0.1)
    plan = creating(cloud, "denied")
    iam, role = cloud.admin("iam"), cloud.double.role_arn.rpartition("/")[2]
    denial = policy({"Effect": "Deny", "Action": "sqs:CreateQueue", "Resource": "*"})
    iam.put_role_policy(RoleName=role, PolicyName="denial", PolicyDocument=denial)
    try:
        ended = cloud.run(plan)
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="denial")
    assert (ended.status, ended.steps[0].error.code) == ("failed", "aws_access_denied")


def test_a_denial_known_beforehand_is_a_note_since_aws_may_not_need_it(cloud: Cloud) -> None:
    iam, role = cloud.admin("iam"), cloud.double.role_arn.rpartition("/")[2]
    denial = policy({"Effect": "Deny", "Action": "sqs:TagQueue", "Resource": "*"})
    iam.put_role_policy(RoleName=role, PolicyName="denial", PolicyDocument=denial)
    try:
        plan = creating(cloud, "noted")
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="denial")
    assert plan.steps[0].permission == "unknown"
    assert any("sqs:TagQueue" in note for note in plan.steps[0].notes)


class CutOff(Interrupted):
    """The executor dies here."""


@pytest.mark.parametrize("at", ["sent", "answered", "followed", "ended"])
def test_a_run_that_is_cut_off_is_continued_and_makes_one_request(
    cloud: Cloud, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = creating(cloud, f"cut-off-{at}")
    approval = cloud.approve(plan)
    before = len(cloud.requests())
    cut = Cut(at)
    with monkeypatch.context() as patch:
        cut.apply(patch)
        with pytest.raises(AssistantError) as busy:
            cloud.run(plan, approval)
    assert busy.value.code == "run_interrupted"
    assert cut.happened
    ended = cloud.run(plan, approval)
    assert ended.status == "done", ended.steps[0].error
    assert len(cloud.requests()) == before + 1
    queues = cloud.admin("sqs").list_queues(QueueNamePrefix=f"cut-off-{at}")["QueueUrls"]
    assert len(queues) == 1


class Cut:
    """Interrupts the run once, at a place of its way through Cloud Control."""

    def __init__(self, at: str) -> None:
        self.at, self.happened = at, False

    def apply(self, patch: pytest.MonkeyPatch) -> None:
        place = {
            "sent": ("services.executor.calls.step_calls.strip", self._before),
            "answered": ("services.executor.resources.requests._follow", self._before),
            "followed": ("services.executor.resources.requests._ended", self._before),
            "ended": ("services.executor.resources.state.kept", self._before),
        }[self.at]
        patch.setattr(*place)

    def _before(self, *_: Any, **__: Any) -> Any:
        self.happened = True
        raise CutOff(self.at)


def test_a_slow_resource_is_waited_for_and_the_plan_says_so(cloud: Cloud) -> None:
    cloud.behave(seconds={QUEUE: 4})
    try:
        plan = creating(cloud, "slow")
        seen: set[str] = set()
        ended: list[Plan] = []
        runner = threading.Thread(target=lambda: ended.append(cloud.run(plan)))
        runner.start()
        while runner.is_alive():
            waiting = cloud.stored(plan).steps[0].waiting
            if waiting:
                seen.add(waiting.partition(",")[0])
            runner.join(0.05)
    finally:
        cloud.behave(seconds={QUEUE: 0})
    assert ended[0].status == "done"
    assert seen == {f"waiting for AWS to create the {QUEUE}"}


def test_credentials_that_end_while_aws_is_at_work_are_renewed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every look finds credentials that end soon.
    monkeypatch.setattr(step_runner, "RESERVE_SECONDS", 7200.0)
    cloud.behave(seconds={QUEUE: 2})
    try:
        plan = creating(cloud, "renewed")
        assert cloud.run(plan).status == "done"
    finally:
        cloud.behave(seconds={QUEUE: 0})


def test_nothing_secret_is_proposed_or_kept(cloud: Cloud) -> None:
    ssm = cloud.admin("ssm")
    ssm.put_parameter(Name="/kept/one", Value="not-for-the-page-8Zq", Type="String")
    change = step(
        "update_aws_resource",
        "p",
        type_name="AWS::SSM::Parameter",
        identifier="/kept/one",
        changes={"Value": "another-value", "Description": "changed"},
    )
    plan = cloud.prepare(change)
    # AWS never reads a parameter's description back either.
    assert plan.steps[0].reversible == "no"
    ended = cloud.run(plan)
    assert ended.status == "done", ended.steps[0].error
    assert ssm.get_parameter(Name="/kept/one")["Parameter"]["Value"] == "another-value"
    everything = json.dumps([ended.model_dump(mode="json"), cloud.redis.hgetall(f"journal:{plan.plan_id}")])
    assert "not-for-the-page-8Zq" not in everything


def test_an_update_that_failed_half_way_is_told_as_aws_failed_and_not_as_somebody_elses_change(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.executor.resources.requests.MAX_PAUSE_SECONDS", 0.1)
    url = cloud.admin("sqs").create_queue(QueueName="half-way")["QueueUrl"]
    change = {"type_name": QUEUE, "identifier": url, "changes": {"VisibilityTimeout": 77}, "region": REGION}
    plan = cloud.prepare(step("update_aws_resource", "slow", **change))
    cloud.behave(faults=[{"type_name": QUEUE, "operation": "UPDATE", "error": "ServiceInternalError", "when": "after"}])
    ended = cloud.run(plan)
    assert (ended.status, ended.steps[0].error.code) == ("failed", "aws_service_internal_error")
    assert "a part may be changed" in ended.steps[0].error.detail
