"""Plans that an executor of a newer version prepared: this gateway shows them, and approves only what it knows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from services.orchestrator.plans.store import PlanStore
from shared.keys.signing import sign_decision
from shared.messages import Finding
from shared.plans.decisions import Grant
from tests.fakes.newer import NAME, VALUE

BODY = {"goal": "a bucket", "steps": [{"operation": "create_s3_bucket", "arguments": {"bucket_name": "team-a"}}]}
GRANT = {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::team-*", "expires_in": 600, "max_uses": 5}
KEY = b"approval"


async def propose(client: Any) -> dict[str, Any]:
    answer = await client.post("/v1/plans", json=BODY)
    assert answer.status_code == 201, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def test_a_plan_with_a_field_that_is_not_known_is_shown_and_listed_but_not_approved(
    signed_in: Any, executor: Any, redis: Redis
) -> None:
    client, _ = signed_in
    executor.changes = {NAME: VALUE}

    plan = await propose(client)
    answer = await client.post(f"{plan['links']['self']}/approve", json={"digest": plan["digest"]})

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_of_newer_version")
    assert NAME in answer.json()["detail"]
    assert "Upgrade the gateway" in answer.json()["detail"]
    assert "approve" not in plan["links"]
    assert await redis.get(f"decision:{plan['plan_id']}") is None
    assert (await client.get(plan["links"]["self"])).json() == plan
    assert (await client.get("/v1/plans")).json() == {"items": [plan], "next_cursor": None}
    assert (await client.post(plan["links"]["reject"], json={})).json()["status"] == "rejected"


@pytest.mark.parametrize("part", ["identity", "steps", "cost"])
async def test_nor_is_one_where_a_part_of_it_has_such_a_field(signed_in: Any, executor: Any, part: str) -> None:
    client, _ = signed_in
    plan = await executor.load((await propose(client))["plan_id"])
    step = plan.steps[0]
    changes = {
        "identity": {"identity": plan.identity.model_copy(update={NAME: VALUE})},
        "steps": {"steps": (step.model_copy(update={NAME: VALUE}),)},
        "cost": {"steps": (step.model_copy(update={"cost": step.cost.model_copy(update={NAME: VALUE})}),)},
    }
    executor.changes = changes[part]

    newer = await propose(client)
    answer = await client.post(f"{newer['links']['self']}/approve", json={"digest": newer["digest"]})

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_of_newer_version")


async def test_advice_that_is_not_known_is_in_nobodys_way(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    finding = Finding(code="broad", severity="low", message="it is broad").model_copy(update={NAME: VALUE, "x": None})
    executor.changes = {"findings": (finding,)}

    plan = await propose(client)
    answer = await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})

    assert answer.status_code == 202, answer.text
    [shown] = plan["findings"]
    assert {"code": "broad", "severity": "low", "message": "it is broad", NAME: VALUE}.items() <= shown.items()
    assert "x" not in shown


async def test_a_standing_grant_does_not_approve_what_is_not_known(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    await client.post("/v1/grants", json=GRANT)
    executor.changes = {NAME: VALUE}

    assert (await propose(client))["status"] == "proposed"
    executor.changes = {}
    assert (await propose(client))["status"] == "approved"


async def test_a_grant_of_a_newer_version_is_shown_and_revoked_but_approves_nothing(
    signed_in: Any, executor: Any, gateway: Gateway, redis: Redis
) -> None:
    client, session = signed_in
    made = (await client.post("/v1/grants", json=GRANT)).json()
    standing = await gateway.decisions.standing.get(session.owner_id, made["grant_id"])
    newer = sign_decision(KEY, Grant.read(json.dumps(standing.grant.as_signed() | {NAME: VALUE})))
    await redis.set(f"grant:{made['grant_id']}", json.dumps(newer.as_signed()))

    assert (await propose(client))["status"] == "proposed"
    assert (await client.get("/v1/grants")).json()["items"] == [made]
    assert (await client.delete(made["links"]["self"])).status_code == 204


async def test_a_grant_that_cannot_be_read_hides_no_other(signed_in: Any, redis: Redis) -> None:
    client, _ = signed_in
    broken, whole = [(await client.post("/v1/grants", json=GRANT)).json() for _ in range(2)]
    await redis.set(f"grant:{broken['grant_id']}", '{"v": 2}')

    listed = (await client.get("/v1/grants")).json()

    assert listed["items"] == [whole]
    assert [one["grant_id"] for one in listed["unreadable"]] == [broken["grant_id"]]


async def test_a_plan_that_was_approved_by_a_newer_gateway_is_read_and_its_approval_handed_on_as_it_was_signed(
    signed_in: Any, executor: Any, redis: Redis
) -> None:
    client, session = signed_in
    plan = await propose(client)
    approval = {
        "plan_id": plan["plan_id"],
        "session_id": session.session_id,
        "digest": plan["digest"],
        "approved_at": 1.0,
        "expires_at": 2.0,
        "nonce": "n",
        NAME: VALUE,
    }
    decision = {"decision": "approve", "approval": approval, "decided_at": 1.0, NAME: VALUE}
    await redis.set(f"decision:{plan['plan_id']}", json.dumps(decision))

    shown = (await client.get(plan["links"]["self"])).json()
    read = await PlanStore(redis).decision(plan["plan_id"])

    assert (shown["status"], shown["approved_by"]) == ("approved", "person")
    assert read is not None
    assert read.approval is not None
    assert read.approval.as_signed() == approval | {"v": 1, "signature": "", "grant_id": None}


async def test_a_page_says_which_plans_it_could_not_read_and_why(signed_in: Any, executor: Any, redis: Redis) -> None:
    client, _ = signed_in
    first, broken, last = [await propose(client) for _ in range(3)]
    record: Any = await redis.get(f"plan:{broken['plan_id']}")
    await redis.set(f"plan:{broken['plan_id']}", json.dumps(json.loads(record) | {"status": "paused"}))

    page = (await client.get("/v1/plans")).json()
    alone = await client.get(broken["links"]["self"])

    assert (page["items"], page["next_cursor"]) == ([last, first], None)
    [unread] = page["unreadable"]
    assert unread["plan_id"] == broken["plan_id"]
    assert "the stored plan is not in a form that this version reads (status)" in unread["why"]
    assert (alone.status_code, alone.json()["code"]) == (503, "record_unreadable")
    assert "status" in alone.json()["detail"]
