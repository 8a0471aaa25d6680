"""A plan's links are of what would be accepted as the plan is now, and of nothing that would be refused."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from redis.asyncio import Redis

from shared.plans.page.actions import Name
from shared.plans.plan import PlanStatus

STEP = {"operation": "create_s3_bucket", "arguments": {"bucket_name": "b"}}
BODY = {"goal": "two buckets", "steps": [STEP, STEP]}


async def propose(client: Any) -> dict[str, Any]:
    plan: dict[str, Any] = (await client.post("/v1/plans", json=BODY)).json()
    return plan


async def change(redis: Redis, plan_id: str, status: str, steps: tuple[str, ...], **fields: Any) -> None:
    record: Any = json.loads(await redis.get(f"plan:{plan_id}") or "")
    for step, now in zip(record["steps"], steps, strict=True):
        step |= {"status": now, **fields}
    ended = 1.0 if status not in ("proposed", "approved", "running", "undoing") else None
    await redis.set(f"plan:{plan_id}", json.dumps(record | {"status": status, "ended_at": ended}))


async def links(client: Any, plan: dict[str, Any]) -> set[str]:
    shown = (await client.get(plan["links"]["self"])).json()
    return set(shown["links"]) - {"self"}


@pytest.mark.parametrize("second", ["done", "in_doubt"])
@pytest.mark.parametrize("status", get_args(PlanStatus))
async def test_every_link_is_accepted_and_every_other_action_refused(
    signed_in: Any, executor: Any, redis: Redis, status: str, second: str
) -> None:
    client, _ = signed_in
    for action in get_args(Name):
        plan = await propose(client)
        begun = status not in ("proposed", "approved", "rejected", "expired")
        if status != "proposed":
            await change(redis, plan["plan_id"], status, ("done", second) if begun else ("pending", "pending"))
        offered = await links(client, plan)
        body = {"approve": {"digest": plan["digest"]}, "resolve": {"step": "s2", "happened": True}}.get(action)
        body = {"remove": ["s2"]} if action == "edit" else body

        answer = await client.post(f"/v1/plans/{plan['plan_id']}/{action}", json=body)

        assert (answer.status_code in (201, 202)) == (action in offered), (action, offered, answer.json())


async def test_a_plan_that_is_being_cancelled_has_no_link_to_cancel_it(
    signed_in: Any, executor: Any, redis: Redis
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await change(redis, plan["plan_id"], "running", ("done", "running"))
    assert await links(client, plan) == {"cancel"}

    cancelled = await client.post(f"/v1/plans/{plan['plan_id']}/cancel")

    assert (cancelled.status_code, cancelled.json()["cancel_requested"]) == (202, True)
    assert set(cancelled.json()["links"]) == {"self"}
    assert (await client.post(f"/v1/plans/{plan['plan_id']}/cancel")).json()["code"] == "already_cancelled"


async def test_a_step_that_was_answered_for_is_not_asked_about_again(
    signed_in: Any, executor: Any, redis: Redis
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await change(redis, plan["plan_id"], "in_doubt", ("in_doubt", "in_doubt"))
    path = f"/v1/plans/{plan['plan_id']}/resolve"

    once = (await client.post(path, json={"step": "s1", "happened": True})).json()

    assert (once["status"], once["links"]["resolve"]) == ("in_doubt", path)
    assert ["answers" in step for step in once["steps"]] == [False, True]
    assert "whether step s1 happened" not in once["summary"]
    assert (await client.post(path, json={"step": "s1", "happened": True})).json()["code"] == "already_resolved"


async def test_what_cannot_be_undone_has_no_link_to_undo_it(signed_in: Any, executor: Any, redis: Redis) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await change(redis, plan["plan_id"], "done", ("done", "done"), reversible="no")

    assert await links(client, plan) == set()
    refused = await client.post(f"/v1/plans/{plan['plan_id']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_undo")


async def test_a_step_shows_what_it_changes_and_whose_work_it_does_where_it_does(
    signed_in: Any, executor: Any, redis: Redis
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    assert not {"changes", "also"} & plan["steps"][0].keys()
    change_shown = {"path": "/Status", "before": "Suspended", "after": "Enabled", "kind": "changed", "hidden": False}
    told = {"changes": [change_shown], "also": ["delete_s3_bucket"]}
    await change(redis, plan["plan_id"], "proposed", ("pending", "pending"), **told)
    [shown, _] = (await client.get(plan["links"]["self"])).json()["steps"]
    assert (shown["changes"], shown["also"]) == ([change_shown], ["delete_s3_bucket"])
