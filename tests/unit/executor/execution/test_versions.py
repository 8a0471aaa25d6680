"""Plans that a newer version prepared: this executor runs and takes back only what it knows all of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.executor.tools import prepare_undo
from shared.errors import AssistantError
from shared.plans.plan import Plan
from tests.fakes.newer import NAME, VALUE
from tests.unit.executor.conftest import ROLE, Executor


def stored(executor: Executor, plan: Plan) -> dict[str, Any]:
    record: Any = executor.redis.get(f"plan:{plan.plan_id}")
    fields: dict[str, Any] = json.loads(record)
    return fields


def store(executor: Executor, fields: dict[str, Any]) -> None:
    executor.redis.set(f"plan:{fields['plan_id']}", json.dumps(fields))


def refusal(action: Any) -> AssistantError:
    with pytest.raises(AssistantError) as caught:
        action()
    return caught.value


def roles(executor: Executor) -> list[str]:
    return [role["RoleName"] for role in executor.client("iam").list_roles()["Roles"]]


@pytest.mark.parametrize("part", ["plan", "step", "identity", "operation"])
def test_a_plan_that_is_not_known_as_a_whole_is_not_run_and_is_left_for_another_executor(
    executor: Executor, part: str
) -> None:
    plan = executor.prepare(ROLE)
    approval = executor.approve(plan)
    fields = stored(executor, plan)
    if part == "operation":
        fields["steps"][0]["operation"] = "create_iam_realm"
    else:
        {"plan": fields, "step": fields["steps"][0], "identity": fields["identity"]}[part][NAME] = VALUE
    store(executor, fields)

    refused = refusal(lambda: executor.run(plan, approval))

    assert (refused.code, refused.status, refused.retryable) == ("plan_of_newer_version", 409, True)
    assert "Upgrade the executor" in refused.detail
    assert roles(executor) == []
    assert stored(executor, plan) == fields


def test_a_run_keeps_what_a_newer_version_said_in_its_advice(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    approval = executor.approve(plan)
    fields = stored(executor, plan)
    fields["findings"] = [{"code": "broad", "severity": "low", "message": "it is broad", NAME: VALUE}]
    store(executor, fields)

    assert executor.run(plan, approval).status == "done"

    assert stored(executor, plan)["status"] == "done"
    assert stored(executor, plan)["findings"][0][NAME] == VALUE


def test_a_plan_that_is_not_known_as_a_whole_is_not_taken_back(executor: Executor) -> None:
    plan = executor.run(executor.prepare(ROLE))
    store(executor, stored(executor, plan) | {NAME: VALUE})

    refused = refusal(lambda: prepare_undo(executor.context("prepare_undo"), plan.plan_id))

    assert refused.code == "plan_of_newer_version"
    assert roles(executor) == ["reader"]


def test_nor_by_an_undo_plan_that_is_known(executor: Executor) -> None:
    plan = executor.run(executor.prepare(ROLE))
    undoing = prepare_undo(executor.context("prepare_undo"), plan.plan_id)
    approval = executor.approve(undoing)
    store(executor, stored(executor, plan) | {NAME: VALUE})

    assert refusal(lambda: executor.run(undoing, approval)).code == "plan_of_newer_version"
    assert roles(executor) == ["reader"]


def test_a_plan_that_cannot_be_read_is_left_for_another_executor(executor: Executor) -> None:
    plan = executor.prepare(ROLE)
    approval = executor.approve(plan)
    store(executor, stored(executor, plan) | {"status": "paused"})

    refused = refusal(lambda: executor.run(plan, approval))

    assert (refused.code, refused.retryable) == ("record_unreadable", True)


@pytest.mark.parametrize(
    "entries",
    [
        {"s1/CreateRole": json.dumps({"state": "intent", "request": "r", "at": 1.0, NAME: VALUE})},
        {"s1/CreateRole": json.dumps({"state": "postponed", "request": "r", "at": 1.0})},
        {"s1/CreateRole": "no JSON"},
        {"@schedule": "{}"},
    ],
)
def test_a_run_that_a_newer_version_began_is_left_to_it(executor: Executor, entries: dict[str, str]) -> None:
    plan = executor.prepare(ROLE)
    approval = executor.approve(plan)
    executor.redis.hset(f"journal:{plan.plan_id}", mapping=entries)

    refused = refusal(lambda: executor.run(plan, approval))

    assert (refused.code, refused.status, refused.retryable) == ("record_unreadable", 503, True)
    assert roles(executor) == []
    assert executor.redis.hgetall(f"journal:{plan.plan_id}") == entries
    assert stored(executor, plan)["status"] == "proposed"
