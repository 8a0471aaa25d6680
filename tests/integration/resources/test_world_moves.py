"""Somebody else changes a resource: before the approval, and between the change and its undoing."""

from __future__ import annotations

import pytest

from shared.errors import AssistantError
from tests.integration.resources.conftest import REGION, Cloud, step

QUEUE = "AWS::SQS::Queue"


def queue(cloud: Cloud, name: str, **attributes: str) -> str:
    url: str = cloud.admin("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def edit(cloud: Cloud, url: str, **attributes: str) -> None:
    cloud.admin("sqs").set_queue_attributes(QueueUrl=url, Attributes=attributes)


def test_an_update_of_what_the_page_no_longer_shows_is_refused(cloud: Cloud) -> None:
    url = queue(cloud, "moved-one", VisibilityTimeout="30")
    change = step("update_aws_resource", "q", type_name=QUEUE, identifier=url, changes={"VisibilityTimeout": 60})
    plan = cloud.prepare(change)
    edit(cloud, url, VisibilityTimeout="31")
    ended = cloud.run(plan)
    assert (ended.status, ended.steps[0].error.code) == ("failed", "world_moved_on")
    assert "/VisibilityTimeout" in ended.steps[0].error.detail
    assert cloud.get(QUEUE, url)["VisibilityTimeout"] == 31


def test_an_edit_elsewhere_on_the_resource_does_not_stop_an_update(cloud: Cloud) -> None:
    url = queue(cloud, "moved-two", VisibilityTimeout="30")
    change = step("update_aws_resource", "q", type_name=QUEUE, identifier=url, changes={"VisibilityTimeout": 60})
    plan = cloud.prepare(change)
    edit(cloud, url, DelaySeconds="7")
    assert cloud.run(plan).status == "done"
    found = cloud.get(QUEUE, url)
    assert (found["VisibilityTimeout"], found["DelaySeconds"]) == (60, 7)


@pytest.mark.parametrize("attribute", ["VisibilityTimeout", "DelaySeconds"])
def test_an_update_that_somebody_changed_since_is_not_undone(cloud: Cloud, attribute: str) -> None:
    url = queue(cloud, f"moved-three-{attribute}", VisibilityTimeout="30")
    change = step("update_aws_resource", "q", type_name=QUEUE, identifier=url, changes={"VisibilityTimeout": 60})
    done = cloud.run(cloud.prepare(change))
    edit(cloud, url, **{attribute: "9"})
    with pytest.raises(AssistantError) as refused:
        cloud.undo(done)
    assert (refused.value.code, f"/{attribute}" in refused.value.detail) == ("cannot_undo", True)


def test_a_change_after_the_undo_was_proposed_stops_it_too(cloud: Cloud) -> None:
    url = queue(cloud, "moved-four", VisibilityTimeout="30")
    change = step("update_aws_resource", "q", type_name=QUEUE, identifier=url, changes={"VisibilityTimeout": 60})
    undo = cloud.undo(cloud.run(cloud.prepare(change)))
    edit(cloud, url, VisibilityTimeout="61")
    ended = cloud.run(undo)
    assert (ended.status, ended.steps[0].error.code) == ("failed", "world_moved_on")
    assert cloud.get(QUEUE, url)["VisibilityTimeout"] == 61


def test_a_queue_that_was_changed_is_not_deleted_as_it_was_shown(cloud: Cloud) -> None:
    url = queue(cloud, "moved-five", VisibilityTimeout="30")
    plan = cloud.prepare(step("delete_aws_resource", "q", type_name=QUEUE, identifier=url, region=REGION))
    edit(cloud, url, VisibilityTimeout="44")
    ended = cloud.run(plan)
    assert (ended.status, ended.steps[0].error.code) == ("failed", "world_moved_on")
    assert cloud.get(QUEUE, url)["VisibilityTimeout"] == 44


def test_what_a_plan_made_and_somebody_changed_is_not_deleted(cloud: Cloud) -> None:
    properties = {"QueueName": "moved-six", "VisibilityTimeout": 30}
    done = cloud.run(cloud.prepare(step("create_aws_resource", "q", type_name=QUEUE, properties=properties)))
    url = done.steps[0].result["identifier"]
    edit(cloud, url, DelaySeconds="3")
    with pytest.raises(AssistantError, match="/DelaySeconds"):
        cloud.undo(done)
    assert cloud.get(QUEUE, url)["DelaySeconds"] == 3


def test_the_stored_plan_cannot_be_made_to_expect_something_else(cloud: Cloud) -> None:
    url = queue(cloud, "moved-seven", VisibilityTimeout="30")
    change = step("update_aws_resource", "q", type_name=QUEUE, identifier=url, changes={"VisibilityTimeout": 60})
    plan = cloud.prepare(change)
    approval = cloud.approve(plan)
    edit(cloud, url, VisibilityTimeout="31")
    forged = plan.steps[0].changes[0].model_copy(update={"before": 31})
    step_ = plan.steps[0].model_copy(update={"changes": (forged,)})
    cloud.redis.set(f"plan:{plan.plan_id}", plan.model_copy(update={"steps": (step_,)}).model_dump_json())
    with pytest.raises(AssistantError) as refused:
        cloud.run(plan, approval)
    assert refused.value.code == "stale_digest"
