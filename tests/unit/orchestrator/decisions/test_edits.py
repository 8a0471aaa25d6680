"""Editing a plan before it is approved: the edited form takes its place at once, or never exists to anybody."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from shared.plans.plan import Plan
from tests.unit.orchestrator.conftest import STRANGER, OpenSession
from tests.unit.orchestrator.decisions.test_approvals import propose, until
from tests.unit.orchestrator.decisions.test_owners import become, share

STEPS = [
    {"id": "a", "operation": "create_s3_bucket", "arguments": {"bucket_name": "team-a", "region": "eu-west-1"}},
    {"id": "b", "operation": "create_s3_bucket", "arguments": {"bucket_name": "team-b"}},
]
EDIT = {"arguments": {"a": {"region": "eu-central-1"}}, "remove": ["b"]}


async def two(client: Any) -> dict[str, Any]:
    return await propose(client, steps=STEPS)


async def edit(client: Any, plan: dict[str, Any], body: Any = EDIT, **headers: str) -> Any:
    return await client.post(f"/v1/plans/{plan['plan_id']}/edit", json=body, headers=headers)


async def approve(client: Any, plan: dict[str, Any]) -> Any:
    return await client.post(f"/v1/plans/{plan['plan_id']}/approve", json={"digest": plan["digest"]})


async def test_the_edited_plan_is_decided_instead_and_the_old_one_never(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = await two(client)

    answer = await edit(client, plan)

    edited = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, edited["links"]["self"])
    assert (edited["status"], edited["replaces"]) == ("proposed", plan["plan_id"])
    assert edited["digest"] != plan["digest"]
    old = (await client.get(plan["links"]["self"])).json()
    assert (old["status"], old["replaced_by"], "edit" in old["links"]) == ("cancelled", edited["plan_id"], False)
    assert (await approve(client, plan)).json()["code"] == "already_decided"
    assert (await edit(client, plan)).json()["code"] == "already_decided"
    assert (await approve(client, edited)).status_code == 202
    await until(lambda: executor.approvals)
    assert [one["plan_id"] for one in executor.approvals] == [edited["plan_id"]]


async def test_an_edit_can_be_edited_and_is_in_the_audit(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    first = await two(client)
    second = (await edit(client, first, {"remove": ["b"]})).json()

    third = (await edit(client, second, {"arguments": {"a": {"bucket_name": "team-c"}}})).json()

    assert [step["arguments"]["bucket_name"] for step in third["steps"]] == ["team-c"]
    items = (await client.get("/v1/audit")).json()["items"]
    said = [one["data"] for one in items if one["kind"] == "plan.edited"]
    assert [one["replaced_by"] for one in said] == [second["plan_id"], third["plan_id"]]
    assert said[0]["remove"] == ["b"]


async def test_the_same_request_edits_once(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = await two(client)
    key = {"Idempotency-Key": "one-edit"}

    first, again = [await edit(client, plan, **key) for _ in range(2)]

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["plan_id"] == first.json()["plan_id"]
    assert again.headers["idempotency-replayed"] == "true"


async def test_after_a_refusal_the_plan_waits_as_before(signed_in: Any, executor: Any, dispatcher: Any) -> None:
    client, _ = signed_in
    plan = await two(client)
    dispatcher.fail("executor", "prepare_edit", "invalid_arguments", "region: unknown")

    refused = await edit(client, plan)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_arguments")
    assert (await client.get(plan["links"]["self"])).json()["status"] == "proposed"
    assert (await approve(client, plan)).status_code == 202


async def test_an_expired_plan_is_gone(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    executor.life = -1.0
    plan = await two(client)
    answer = await edit(client, plan)
    assert (answer.status_code, answer.json()["code"]) == (410, "plan_expired")


async def test_only_its_owner_edits_a_plan(
    signed_in: Any, executor: Any, gateway: Gateway, open_session: OpenSession
) -> None:
    client, _ = signed_in
    plan = await two(client)
    _, token = await open_session(STRANGER)
    become(client, token)
    unknown = await edit(client, plan)
    share(gateway, "decide")
    lent = await edit(client, plan)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "plan_not_found")
    assert (lent.status_code, lent.json()["code"]) == (403, "not_the_owner")


async def test_an_edited_plan_is_prepared_in_another_session_of_its_owner_where_its_own_has_ended(
    signed_in: Any, executor: Any, open_session: OpenSession
) -> None:
    client, _ = signed_in
    plan = await two(client)
    await client.delete("/v1/sessions/current")
    _, token = await open_session()
    become(client, token)

    edited = (await edit(client, plan)).json()

    assert edited["owner"] == plan["owner"]
    assert (await approve(client, edited)).status_code == 202


async def test_an_edited_plan_that_is_not_in_place_exists_to_nobody(
    signed_in: Any, executor: Any, redis: Redis
) -> None:
    """As after a gateway that died between preparing it and the decision, or a forged record."""
    client, _ = signed_in
    plan = await two(client)
    stored: Plan = await executor.load(plan["plan_id"])
    await executor._prepared("prepare_edit", stored.model_copy(update={"plan_id": "pln_e", "replaces": stored.plan_id}))
    left = await executor.load("pln_e")

    async def seen() -> list[Any]:
        listed = [one["plan_id"] for one in (await client.get("/v1/plans")).json()["items"]]
        tried = [
            await client.get("/v1/plans/pln_e"),
            await approve(client, {"plan_id": "pln_e", "digest": left.digest}),
        ]
        tried += [await client.post(f"/v1/plans/pln_e/{action}") for action in ("reject", "cancel", "undo")]
        return [listed, *(one.status_code for one in tried)]

    assert await seen() == [[plan["plan_id"]], 404, 404, 404, 404, 404]
    other = {"decision": "cancel", "decided_at": time.time(), "replaced_by": "pln_another"}
    await redis.set(f"decision:{plan['plan_id']}", json.dumps(other))
    assert await seen() == [[plan["plan_id"]], 404, 404, 404, 404, 404]


@pytest.mark.parametrize("expires", [False, True])
async def test_of_200_decisions_at_once_exactly_one_wins(
    signed_in: Any, executor: Any, redis: Redis, gateway: Gateway, expires: bool
) -> None:
    client, _ = signed_in
    executor.life = 0.4 if expires else 600.0
    plan = await two(client)
    await gateway.decisions.follower.start()
    path = f"/v1/plans/{plan['plan_id']}"

    async def one(number: int) -> Any:
        if expires:
            await asyncio.sleep(0.3 + number / 1000)
        if number % 10 == 0:
            return await edit(client, plan)
        return await (approve(client, plan) if number % 2 else client.post(f"{path}/reject"))

    answers = await asyncio.gather(*(one(number) for number in range(200)))

    won = [answer for answer in answers if answer.status_code < 300]
    assert len(won) <= 1 if expires else len(won) == 1, [answer.text for answer in won]
    assert {answer.json()["code"] for answer in answers if answer not in won} <= {
        "already_decided",
        "plan_expired",
        "rate_limited",
    }
    old = (await client.get(path)).json()
    made = [json.loads(text) for text in await redis.mget([key async for key in redis.scan_iter("plan:*")])]
    edits = [one for one in made if one.get("replaces")]
    open_ones = [one for one in edits if (await client.get(f"/v1/plans/{one['plan_id']}")).status_code == 200]
    assert [one["plan_id"] for one in open_ones] == ([old["replaced_by"]] if "replaced_by" in old else [])
    assert old["status"] != "proposed"
    for one_made in edits:
        approved = await approve(client, one_made)
        if one_made["plan_id"] == old.get("replaced_by"):
            assert approved.status_code in (202, 410)
        else:
            assert approved.status_code == 404
    await gateway.decisions.follower.stop()
