"""Standing grants: narrow, for a time, revocable; they approve low-risk plans and nothing else."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.decisions.grants import GRANTABLE
from services.orchestrator.gateway import Gateway
from shared.keys.signing import sign_decision, verify_decision
from shared.messages import Effect, Finding
from shared.plans.decisions import Approval, Grant
from shared.plans.step import ProposedStep, StepRef
from tests.unit.orchestrator.conftest import STRANGER

GRANT = {
    "operation": "create_s3_bucket",
    "resource": "arn:aws:s3:::team-*",
    "expires_in": 600,
    "max_uses": 2,
}


def steps(*names: str) -> dict[str, Any]:
    made = [{"operation": "create_s3_bucket", "arguments": {"bucket_name": name}} for name in names]
    return {"goal": "buckets", "steps": made}


async def grant(client: Any, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/v1/grants", json=GRANT | changes)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == made["links"]["self"]
    return made


async def propose(client: Any, *names: str) -> dict[str, Any]:
    plan: dict[str, Any] = (await client.post("/v1/plans", json=steps(*names))).json()
    return plan


async def test_a_grant_is_signed_listed_and_revoked(signed_in: Any, redis: Redis) -> None:
    client, session = signed_in

    made = await grant(client)

    stored = Grant.model_validate_json(await redis.get(f"grant:{made['grant_id']}") or "")
    verify_decision(b"approval", stored)
    assert stored.session_id == session.session_id
    assert (await client.get("/v1/grants")).json()["items"] == [made]
    assert (await client.get(made["links"]["self"])).json() == made
    assert (made["uses"], made["status"]) == (0, "live")
    assert (await client.delete(made["links"]["self"])).status_code == 204
    assert (await client.get("/v1/grants")).json() == {"items": [], "next_cursor": None}
    gone = await client.get(made["links"]["self"])
    assert (gone.status_code, gone.json()["code"]) == (404, "grant_not_found")
    kinds = [entry["kind"] for entry in (await client.get("/v1/audit")).json()["items"]]
    assert kinds[:2] == ["grant.made", "grant.revoked"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"operation": "delete_s3_bucket"}, "not_grantable"),
        ({"operation": "create_iam_role"}, "not_grantable"),
        ({"operation": "nonsense"}, "not_grantable"),
        ({"resource": "*"}, "grant_too_broad"),
        ({"resource": "arn:aws:s3:::*"}, "grant_too_broad"),
        ({"resource": "arn:aws:s3:::a*"}, "grant_too_broad"),
        ({"resource": "arn:aws:s3:::*-logs"}, "grant_too_broad"),
        ({"resource": "arn:aws:s3:::team-*-*"}, "grant_too_broad"),
        ({"resource": "arn:aws:*:::team-a"}, "grant_too_broad"),
        ({"resource": "arn:aws:iam::123456789012:role/*"}, "grant_too_broad"),
        ({"resource": "arn:aws:iam::123456789012:*/admin"}, "grant_too_broad"),
        ({"resource": "team-a"}, "invalid_arguments"),
        ({"expires_in": 59}, "invalid_request"),
        ({"expires_in": 8 * 3600 + 1}, "invalid_request"),
        ({"max_uses": 0}, "invalid_request"),
    ],
)
async def test_a_grant_that_is_too_much_is_refused(signed_in: Any, redis: Redis, changes: Any, code: str) -> None:
    client, session = signed_in

    answer = await client.post("/v1/grants", json=GRANT | changes)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not await redis.exists(f"grants:{session.session_id}")


async def test_a_covered_plan_is_approved_by_the_grant_and_says_so(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    made = await grant(client)

    plan = await propose(client, "team-a")
    async with asyncio.timeout(5):
        while not executor.approvals:
            await asyncio.sleep(0.01)

    approval = Approval.model_validate(executor.approvals[0])
    verify_decision(b"approval", approval)
    assert (approval.grant_id, approval.digest) == (made["grant_id"], plan["digest"])
    assert plan["status"] in ("approved", "done")
    assert plan["approved_by"] == made["grant_id"]
    assert (await client.get(made["links"]["self"])).json()["uses"] == 1
    entries = (await client.get("/v1/audit")).json()["items"]
    decided = next(entry["data"] for entry in entries if entry["kind"] == "plan.decided")
    assert (decided["decision"], decided["grant_id"]) == ("approve", made["grant_id"])


async def test_every_step_is_a_use_and_a_used_up_grant_approves_nothing(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    made = await grant(client, max_uses=2)

    three = await propose(client, "team-a", "team-b", "team-c")
    two = await propose(client, "team-d", "team-e")
    one = await propose(client, "team-f")

    assert (three["status"], one["status"]) == ("proposed", "proposed")
    assert two["approved_by"] == made["grant_id"]
    assert (await client.get(made["links"]["self"])).json()["status"] == "used_up"


@pytest.mark.parametrize("why", ["another resource", "one of two", "revoked", "expired", "forged", "another owner's"])
async def test_what_no_live_grant_covers_waits_for_a_person(
    signed_in: Any, executor: Any, redis: Redis, open_session: Any, why: str
) -> None:
    client, _ = signed_in
    made = await grant(client)
    key = f"grant:{made['grant_id']}"
    stored = Grant.model_validate_json(await redis.get(key) or "")
    names = {"another resource": ["other-team-a"], "one of two": ["team-a", "prod-a"]}.get(why, ["team-a"])
    if why == "revoked":
        await client.delete(made["links"]["self"])
    elif why == "expired":
        late = stored.model_copy(update={"expires_at": time.time() - 1, "signature": ""})
        await redis.set(key, sign_decision(b"approval", late).model_dump_json())
    elif why == "forged":
        await redis.set(key, stored.model_copy(update={"resource": "arn:aws:s3:::team-a"}).model_dump_json())
    elif why == "another owner's":
        other, token = await open_session(STRANGER)
        await redis.zadd(f"grants:{other.owner_id}", {made["grant_id"]: 1})
        client.headers["Authorization"] = f"Bearer {token}"

    plan = await propose(client, *names)

    assert (plan["status"], plan["approved_by"]) == ("proposed", None)
    assert not executor.approvals


BORROWED = Finding(code="argument_from_tool_output", severity="medium", message="from a tag")
WARNED = Finding(code="region_outside_session", severity="medium", message="elsewhere")


@pytest.mark.parametrize(
    ("plan_change", "step_change"),
    [
        ({"findings": (BORROWED,)}, {}),
        ({"findings": (WARNED,)}, {}),
        ({"findings": (BORROWED.model_copy(update={"severity": "info"}),)}, {}),
        ({}, {"permission": "unknown"}),
        ({}, {"resources": ()}),
        ({}, {"effect": Effect.PERMISSIONS}),
        ({}, {"undoes": StepRef(plan_id="pln_1", step="s1")}),
        ({"undoes": "pln_1"}, {}),
    ],
)
async def test_a_plan_with_any_doubt_about_it_waits_for_a_person(
    signed_in: Any, executor: Any, plan_change: Any, step_change: Any
) -> None:
    client, _ = signed_in
    await grant(client)
    prepared = executor._prepared

    async def changed(tool: str, plan: Any) -> Any:
        made = tuple(step.model_copy(update=step_change) for step in plan.steps)
        return await prepared(tool, plan.model_copy(update={"steps": made, **plan_change}))

    executor._prepared = changed

    assert (await propose(client, "team-a"))["status"] == "proposed"


async def test_a_grant_is_not_overdrawn_by_plans_at_the_same_time(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    made = await grant(client, max_uses=2)

    plans = await asyncio.gather(*(propose(client, f"team-{number}") for number in range(6)))

    assert sum(plan["approved_by"] == made["grant_id"] for plan in plans) == 2
    assert (await client.get(made["links"]["self"])).json()["uses"] == 2


async def test_a_turns_plan_is_approved_by_the_follower(gateway: Gateway, signed_in: Any, executor: Any) -> None:
    client, session = signed_in
    made = await grant(client)
    step = ProposedStep(operation="create_s3_bucket", arguments={"bucket_name": "team-a"})
    plan = await gateway.plans.propose(session, "g", [step], turn_id="trn_1", call_id="trn_1.0")
    await gateway.decisions.follower.start()
    turns: Any = gateway.turns
    try:
        async with asyncio.timeout(5):
            while not turns.ended:
                await asyncio.sleep(0.01)
    finally:
        await gateway.decisions.follower.stop()

    assert plan.status == "proposed"
    assert (turns.ended[0].status, turns.ended[0].approved_by) == ("done", made["grant_id"])


async def test_grants_are_bounded_in_number(gateway: Gateway, signed_in: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("services.orchestrator.decisions.grants.MAX_GRANTS", 1)
    client, _ = signed_in
    await grant(client)

    answer = await client.post("/v1/grants", json=GRANT)

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_grants")


def test_the_shipped_catalogue_grants_no_delete_and_nothing_of_permissions() -> None:
    assert not [name for name in GRANTABLE if "delete" in name or "iam" in name or "role" in name]


LOGS = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/"


@pytest.mark.parametrize(
    ("resource", "stored"),
    [
        (f"{LOGS}orders", f"{LOGS}orders"),
        (f"{LOGS}orders:*", f"{LOGS}orders"),
        (f"{LOGS}orders-*", f"{LOGS}orders-*"),
        (f"{LOGS}*", f"{LOGS}*"),
    ],
)
async def test_the_logs_of_one_group_or_of_a_prefix_can_be_granted(signed_in: Any, resource: str, stored: str) -> None:
    client, _ = signed_in
    made = await grant(client, operation="read_logs", resource=resource)
    assert made["resource"] == stored


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:logs:*:111122223333:log-group:/aws/lambda/orders",
        "arn:aws:logs:eu-west-1:*:log-group:/aws/lambda/orders",
        "arn:aws:logs:eu-west-1:111122223333:log-group:*",
        "arn:aws:logs:eu-west-1:111122223333:log-group:/a*",
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/*/orders",
        "arn:aws:s3:::team-logs-*",
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/orders:log-stream:one",
    ],
)
async def test_wider_patterns_of_logs_are_refused(signed_in: Any, resource: str) -> None:
    client, _ = signed_in
    answer = await client.post("/v1/grants", json=GRANT | {"operation": "read_logs", "resource": resource})
    assert (answer.status_code, answer.json()["code"]) == (422, "grant_too_broad")


async def test_the_answer_kept_under_an_idempotency_key_outlives_the_grant_it_names(signed_in: Any) -> None:
    client, _ = signed_in
    key = {"Idempotency-Key": "the-same"}
    first = await client.post("/v1/grants", json=GRANT, headers=key)
    assert (await client.delete(first.headers["Location"])).status_code == 204

    again = await client.post("/v1/grants", json=GRANT, headers=key)

    assert (again.status_code, again.headers["Idempotency-Replayed"], again.json()) == (201, "true", first.json())
    assert (await client.delete(again.headers["Location"])).json()["code"] == "grant_not_found"
