"""Plans over REST: proposed, decided once, followed to their end whatever happens to a gateway."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from services.orchestrator.plans.status import Decision
from services.orchestrator.plans.store import PlanStore
from services.orchestrator.settings import GatewaySettings
from shared.errors import DeadlineExceeded, InvalidArguments, Unavailable
from shared.keys.signing import verify_decision
from shared.plans.decisions import Approval
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.orchestrator.conftest import STRANGER, OpenSession

BODY = {"goal": "a bucket", "steps": [{"operation": "create_s3_bucket", "arguments": {"bucket_name": "b"}}]}
STEPS = [ProposedStep(operation="create_s3_bucket", arguments={"bucket_name": "b"})]


@asynccontextmanager
async def following(gateway: Gateway) -> AsyncIterator[Any]:
    """The gateway's plans are followed; yields its turns, which are told of ends."""
    await gateway.decisions.follower.start()
    try:
        yield gateway.turns
    finally:
        await gateway.decisions.follower.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def propose(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post("/v1/plans", json=BODY)
    assert answer.status_code == 201, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def test_a_proposed_plan_says_what_it_is_and_how_to_decide_it(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/plans", json=BODY)

    plan = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/plans/{plan['plan_id']}" == plan["links"]["self"]
    assert plan["links"]["approve"] == f"/v1/plans/{plan['plan_id']}/approve"
    assert plan["status"] == "proposed"
    assert plan["expires_at"].endswith("Z")
    assert plan["steps"][0]["arguments"] == {"bucket_name": "b"}
    assert "session_id" not in plan
    assert (await client.get(plan["links"]["self"])).json() == plan


@pytest.mark.parametrize(
    "body",
    [
        {"goal": "x", "steps": []},
        {"steps": BODY["steps"]},
        {**BODY, "on_failure": "shrug"},
        {**BODY, "digest": "x"},
        {"goal": "x", "steps": [{"operation": "o", "arguments": [1]}]},
        {"goal": "x", "steps": [{"operation": "o", "id": "1 2"}]},
    ],
)
async def test_a_proposal_of_another_shape_is_refused(signed_in: Any, dispatcher: Any, body: Any) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/plans", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert not dispatcher.calls


async def test_what_the_executor_refuses_is_a_problem_of_its_code(signed_in: Any, dispatcher: Any) -> None:
    client, _ = signed_in
    dispatcher.fail("executor", "prepare_plan", "invalid_arguments", "create_s3_bucket: region: Field required")

    answer = await client.post("/v1/plans", json=BODY)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_arguments")
    assert "region" in answer.json()["detail"]


async def test_an_approved_plan_runs_once_and_its_end_is_told(signed_in: Any, executor: Any, gateway: Gateway) -> None:
    client, session = signed_in
    async with following(gateway) as turns:
        plan = await propose(client)
        answer = await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})
        await until(lambda: bool(turns.ended))

    assert answer.status_code == 202
    assert answer.headers["Location"] == plan["links"]["self"]
    assert answer.json()["status"] in ("approved", "done")
    assert [(ended.plan_id, ended.status) for ended in turns.ended] == [(plan["plan_id"], "done")]
    assert len(executor.approvals) == 1
    approval = Approval.model_validate(executor.approvals[0])
    assert (approval.digest, approval.session_id) == (plan["digest"], session.session_id)
    verify_decision(b"approval", approval)
    assert (await client.get(plan["links"]["self"])).json()["status"] == "done"


async def test_a_plan_proposed_over_rest_is_a_programs(signed_in: Any, executor: Any, dispatcher: Any) -> None:
    client, _ = signed_in
    await propose(client)
    (call,) = [call for call in dispatcher.calls if call.tool == "prepare_plan"]
    assert call.arguments["by_program"] is True


async def test_another_digest_is_not_approved(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)

    answer = await client.post(plan["links"]["approve"], json={"digest": "0" * 64})

    assert (answer.status_code, answer.json()["code"]) == (409, "digest_mismatch")
    assert (await client.get(plan["links"]["self"])).json()["status"] == "proposed"


async def test_a_plan_is_decided_once(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)
    decisions = [client.post(plan["links"]["approve"], json={"digest": plan["digest"]}) for _ in range(4)]
    decisions += [client.post(plan["links"]["reject"], json={}) for _ in range(4)]

    statuses = [answer.status_code for answer in await asyncio.gather(*decisions)]

    assert sorted(statuses) == [202, *[409] * 7]


async def test_a_rejected_plan_never_runs_and_its_end_is_told(signed_in: Any, executor: Any, gateway: Gateway) -> None:
    client, _ = signed_in
    async with following(gateway) as turns:
        plan = await propose(client)
        answer = await client.post(plan["links"]["reject"], json={"reason": "too broad"})
        await until(lambda: bool(turns.ended))
        again = await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})

    assert answer.status_code == 202
    assert answer.json()["status"] == "rejected"
    assert turns.ended[0].status == "rejected"
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    assert not executor.approvals


async def test_a_plan_that_nobody_decided_expires_and_its_end_is_told(
    signed_in: Any, executor: Any, gateway: Gateway
) -> None:
    client, _ = signed_in
    executor.life = 0.2
    async with following(gateway) as turns:
        plan = await propose(client)
        await until(lambda: bool(turns.ended))
        answer = await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})

    assert turns.ended[0].status == "expired"
    assert (answer.status_code, answer.json()["code"]) == (410, "plan_expired")
    assert (await client.get(plan["links"]["self"])).json()["status"] == "expired"
    assert not executor.approvals


async def test_another_gateway_finishes_what_one_left(
    signed_in: Any,
    executor: Any,
    gateway: Gateway,
    make_gateway: Callable[[GatewaySettings], Gateway],
    settings: GatewaySettings,
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    run = executor._run
    stuck = asyncio.Event()

    async def hang(arguments: dict[str, Any]) -> Any:
        stuck.set()
        await asyncio.Event().wait()

    executor._dispatcher.replies["run_plan"] = hang
    await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})
    await stuck.wait()
    executor._dispatcher.replies["run_plan"] = run
    await gateway.decisions.follower.stop()

    async with following(make_gateway(settings)) as turns:
        await until(lambda: bool(turns.ended))

    assert turns.ended[0].status == "done"
    assert {call.call_id for call in executor._dispatcher.calls if call.tool == "run_plan"} == {
        f"run.{plan['plan_id']}.0"
    }


async def test_while_one_gateway_follows_a_plan_no_other_does(
    signed_in: Any,
    executor: Any,
    gateway: Gateway,
    make_gateway: Callable[[GatewaySettings], Gateway],
    settings: GatewaySettings,
) -> None:
    client, _ = signed_in
    run = executor._run

    async def slowly(arguments: dict[str, Any]) -> Any:
        await asyncio.sleep(1.2)  # twice the lease
        return await run(arguments)

    executor._dispatcher.replies["run_plan"] = slowly
    async with following(gateway) as turns, following(make_gateway(settings)) as others:
        plan = await propose(client)
        await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})
        await until(lambda: bool(turns.ended or others.ended))

    assert len(turns.ended) == 1
    assert not others.ended
    assert len(executor.approvals) == 1


async def test_a_turn_runner_that_fails_is_told_again(signed_in: Any, executor: Any, gateway: Gateway) -> None:
    client, _ = signed_in
    async with following(gateway) as turns:
        turns.failures = 1
        plan = await propose(client)
        await client.post(plan["links"]["reject"])
        await until(lambda: bool(turns.ended))

    assert turns.ended[0].status == "rejected"


async def test_a_run_the_executor_refuses_fails_the_plan_and_says_why(
    signed_in: Any, executor: Any, dispatcher: Any, gateway: Gateway
) -> None:
    client, _ = signed_in
    async with following(gateway) as turns:
        plan = await propose(client)
        dispatcher.fail("executor", "run_plan", "session_expired", "the session has ended")
        await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})
        await until(lambda: bool(turns.ended))

    assert turns.ended[0].status == "failed"
    shown = (await client.get(plan["links"]["self"])).json()
    assert shown["status"] == "failed"
    assert shown["findings"][-1]["code"] == "session_expired"


@pytest.mark.parametrize("code", ["internal_error", "poisoned", "cancelled"])
async def test_a_run_that_broke_off_midway_is_asked_for_again_under_a_new_id(
    signed_in: Any,
    executor: Any,
    dispatcher: Any,
    gateway: Gateway,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.orchestrator.plans.follower.LOOK_AGAIN_SECONDS", 0.05)
    run = executor._run
    client, _ = signed_in
    async with following(gateway) as turns:
        plan = await propose(client)
        started = (await executor.load(plan["plan_id"])).model_copy(update={"status": "running"})

        async def break_off(arguments: dict[str, Any]) -> Any:
            await executor.store(started)
            dispatcher.fail("executor", "run_plan", code, "the executor crashed")
            failed, dispatcher.replies["run_plan"] = dispatcher.replies["run_plan"], run
            return failed

        dispatcher.replies["run_plan"] = break_off
        await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})
        await until(lambda: bool(turns.ended))

    assert turns.ended[0].status == "done"
    ids = [call.call_id for call in dispatcher.calls if call.tool == "run_plan"]
    assert ids == [f"run.{plan['plan_id']}.0", f"run.{plan['plan_id']}.1"]


@pytest.mark.parametrize("trouble", [Unavailable("no broker"), DeadlineExceeded("late")])
async def test_a_run_that_may_still_go_on_is_looked_at_again(
    signed_in: Any,
    executor: Any,
    dispatcher: Any,
    gateway: Gateway,
    trouble: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.orchestrator.plans.follower.LOOK_AGAIN_SECONDS", 0.1)
    client, _ = signed_in
    run = executor._run
    async with following(gateway) as turns:
        plan = await propose(client)
        running = (await executor.load(plan["plan_id"])).model_copy(update={"status": "running"})
        asked = 0

        async def first_trouble(arguments: dict[str, Any]) -> Any:
            nonlocal asked
            asked += 1
            if asked == 1:
                await executor.store(running)
                raise trouble
            return await run(arguments)

        dispatcher.replies["run_plan"] = first_trouble
        await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})
        await until(lambda: bool(turns.ended))

    assert (asked, turns.ended[0].status) == (2, "done")


async def test_a_strangers_plan_does_not_exist(
    signed_in: Any,
    client: httpx.AsyncClient,
    executor: Any,
    open_session: OpenSession,
) -> None:
    plan = await propose(client)
    _, token = await open_session(STRANGER)
    stranger = {"Authorization": f"Bearer {token}"}

    shown = await client.get(plan["links"]["self"], headers=stranger)
    approved = await client.post(plan["links"]["approve"], json={"digest": plan["digest"]}, headers=stranger)
    listed = await client.get("/v1/plans", headers=stranger)

    assert (shown.status_code, shown.json()["code"]) == (404, "plan_not_found")
    assert approved.status_code == 404
    assert listed.json() == {"items": [], "next_cursor": None}


async def test_plans_are_listed_newest_first_page_by_page(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    made = [(await propose(client))["plan_id"] for _ in range(5)]

    seen: list[str] = []
    cursor: str | None = None
    for expected in (2, 2, 1):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/plans", params=query)).json()
        assert len(page["items"]) == expected
        seen += [plan["plan_id"] for plan in page["items"]]
        cursor = page["next_cursor"]

    assert cursor is None
    assert seen == made[::-1]
    assert (await client.get("/v1/plans", params={"cursor": "pln_x"})).json()["code"] == "invalid_cursor"


async def test_a_page_of_one_status_asks_redis_a_few_times_however_small_it_is(
    signed_in: Any, executor: Any, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    record = json.loads(await redis.get(f"plan:{plan['plan_id']}") or "")
    owner = Plan.model_validate(record).owner_id
    rejected = Decision(decision="reject", decided_at=time.time()).model_dump_json(exclude_none=True)
    for number in range(600):
        copy = record | {"plan_id": f"pln_{number}", "created_at": record["created_at"] + 1 + number}
        await redis.set(f"plan:pln_{number}", json.dumps(copy))
        await redis.set(f"decision:pln_{number}", rejected)
        await redis.zadd(f"plans:{owner}", {f"pln_{number}": copy["created_at"]})
    reads: list[int] = []
    stored = PlanStore.load_many

    async def counted(self: PlanStore, plan_ids: Sequence[str]) -> Any:
        reads.append(len(plan_ids))
        return await stored(self, plan_ids)

    monkeypatch.setattr(PlanStore, "load_many", counted)
    first = (await client.get("/v1/plans", params={"status": "proposed", "limit": "1"})).json()

    assert (first["items"], first["next_cursor"] is not None) == ([], True)
    assert (len(reads) <= 8, sum(reads)) == (True, 500)
    reads.clear()
    more = {"status": "proposed", "limit": "1", "cursor": first["next_cursor"]}
    second = (await client.get("/v1/plans", params=more)).json()
    assert [one["plan_id"] for one in second["items"]] == [plan["plan_id"]]
    reads.clear()
    page = (await client.get("/v1/plans", params={"status": "rejected", "limit": "2"})).json()
    assert ([one["plan_id"] for one in page["items"]], len(reads)) == (["pln_599", "pln_598"], 1)
    more = {"status": "rejected", "limit": "1", "cursor": page["next_cursor"]}
    assert [one["plan_id"] for one in (await client.get("/v1/plans", params=more)).json()["items"]] == ["pln_597"]


async def test_a_turns_proposal_carries_its_ids(
    gateway: Gateway, executor: Any, dispatcher: Any, open_session: OpenSession
) -> None:
    session, _ = await open_session()

    plan = await gateway.plans.propose(session, "g", STEPS, "keep", turn_id="trn_1", call_id="trn_1.3")

    assert (plan.turn_id, plan.on_failure) == ("trn_1", "keep")
    assert dispatcher.calls[-1].call_id == "trn_1.3"


async def test_a_refused_proposal_raises_with_the_executors_code(
    gateway: Gateway, dispatcher: Any, open_session: OpenSession
) -> None:
    session, _ = await open_session()
    dispatcher.fail("executor", "prepare_plan", "invalid_arguments", "mend this")

    with pytest.raises(Exception, match="mend this") as caught:
        await gateway.plans.propose(session, "g", STEPS)
    assert getattr(caught.value, "code", None) == InvalidArguments.code


async def test_a_decided_plan_is_due_whatever_happens_next(signed_in: Any, executor: Any, redis: Redis) -> None:
    client, _ = signed_in
    plan = await propose(client)
    due_at_expiry = await redis.zscore("runs", plan["plan_id"])
    assert due_at_expiry is not None
    assert due_at_expiry > time.time() + 500
