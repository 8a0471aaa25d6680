"""Deciding plans over REST: only what was prepared is approved; cancel, undo, and answers about what is in doubt."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.decisions.prepared import PreparedPlans
from services.orchestrator.gateway import Gateway
from services.orchestrator.plans.status import Decision
from services.orchestrator.plans.store import PlanStore
from shared.keys.signing import verify_decision
from shared.messages import ErrorBody, Finding
from shared.plans.decisions import Cancellation, Resolution
from shared.plans.digest import digest_of
from shared.plans.page.lines import MARK
from shared.plans.plan import Plan
from tests.unit.pages import text_of

BODY = {"goal": "a bucket", "steps": [{"operation": "create_s3_bucket", "arguments": {"bucket_name": "team-a"}}]}
KEY = b"approval"


async def propose(client: Any, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/v1/plans", json=BODY | changes)
    assert answer.status_code == 201, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def stored_as(executor: Any, plan_id: str, status: Any, step: Any, **changes: Any) -> Plan:
    """Have the executor's record say that the plan and its step are so."""
    plan: Plan = await executor.load(plan_id)
    steps = tuple(one.model_copy(update={"status": step}) for one in plan.steps)
    plan = plan.model_copy(update={"status": status, "steps": steps, **changes})
    await executor.store(plan)
    return plan


def edited(plan: Plan, name: str = "evil-bucket") -> Plan:
    step = plan.steps[0].model_copy(update={"arguments": {"bucket_name": name}})
    return plan.model_copy(update={"steps": (step,)})


async def test_steps_edited_after_they_were_prepared_are_not_approved(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    shown = await propose(client)
    await executor.store(edited(await executor.load(shown["plan_id"])))

    answer = await client.post(shown["links"]["approve"], json={"digest": shown["digest"]})

    assert (answer.status_code, answer.json()["code"]) == (409, "digest_mismatch")
    assert (await client.get(shown["links"]["self"])).json()["status"] == "proposed"


@pytest.mark.parametrize("presented", ["as shown first", "as edited"])
async def test_steps_and_digest_edited_together_are_not_approved(signed_in: Any, executor: Any, presented: str) -> None:
    client, _ = signed_in
    shown = await propose(client)
    plan = edited(await executor.load(shown["plan_id"]))
    plan = plan.model_copy(update={"digest": digest_of(plan, {})})
    await executor.store(plan)

    digest = shown["digest"] if presented == "as shown first" else plan.digest
    answer = await client.post(shown["links"]["approve"], json={"digest": digest})

    assert (answer.status_code, answer.json()["code"]) == (409, "digest_mismatch")


async def test_words_edited_beside_the_digest_are_not_approved(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    shown = await propose(client)
    plan = await executor.load(shown["plan_id"])
    await executor.store(plan.model_copy(update={"summary": "Nothing to see here."}))

    answer = await client.post(shown["links"]["approve"], json={"digest": shown["digest"]})

    assert (answer.status_code, answer.json()["code"]) == (409, "digest_mismatch")


async def test_an_uploaded_file_is_part_of_what_is_approved(signed_in: Any, executor: Any, redis: Redis) -> None:
    client, session = signed_in
    file_id, content = "file_" + "a" * 24, b"zip"
    record = {"session_id": "ses_1", "owner_id": session.owner_id, "data": base64.b64encode(content).decode()}
    await redis.hset(f"file:{file_id}", mapping=record)  # type: ignore[misc]  # redis-py types replies as maybe awaitable
    executor.files = {file_id: hashlib.sha256(content).hexdigest()}
    steps = [{"operation": "create_lambda_function", "arguments": {"zip_file_path": file_id}}]
    first, second = await propose(client, steps=steps), await propose(client, steps=steps)

    good = await client.post(first["links"]["approve"], json={"digest": first["digest"]})
    await redis.hset(f"file:{file_id}", "data", base64.b64encode(b"other").decode())  # type: ignore[misc]  # as above
    bad = await client.post(second["links"]["approve"], json={"digest": second["digest"]})

    assert good.status_code == 202
    assert (bad.status_code, bad.json()["code"]) == (409, "digest_mismatch")


async def test_an_approval_is_good_once(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)

    first = await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})
    again = await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})

    assert (first.status_code, first.json()["approved_by"]) == (202, "person")
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")


@pytest.mark.parametrize("read", ["record", "is_as_prepared"])
@pytest.mark.parametrize(
    ("tampered", "code"),
    [({}, "already_decided"), ({"status": "proposed"}, "digest_mismatch")],
)
async def test_an_approval_that_lost_to_another_one_is_no_tampering(
    signed_in: Any, executor: Any, gateway: Gateway, redis: Redis, tampered: dict[str, Any], code: str, read: str
) -> None:
    client, _ = signed_in
    shown = await propose(client)

    class Raced(PlanStore):
        """Right before the record is read another approval is stored, and the executor begins the plan."""

        async def overtake(self, name: str, plan_id: str) -> None:
            if name == read and await self.decide(plan_id, Decision(decision="approve", decided_at=time.time())):
                begun = {"status": "running", "decided_at": time.time()} | tampered
                await executor.store((await executor.load(plan_id)).model_copy(update=begun))

        async def record(self, plan_id: str) -> Plan | None:
            await self.overtake("record", plan_id)
            return await super().record(plan_id)

        async def is_as_prepared(self, plan_id: str) -> bool:
            await self.overtake("is_as_prepared", plan_id)
            return await super().is_as_prepared(plan_id)

    gateway.decisions.approvals._prepared = PreparedPlans(redis, Raced(redis))
    answer = await client.post(shown["links"]["approve"], json={"digest": shown["digest"]})

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    log = (await client.get("/v1/audit")).json()["items"]
    assert [entry["data"]["code"] for entry in log if entry["kind"] == "denied"] == [code]


async def test_a_proposed_plan_that_is_cancelled_never_runs(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)

    answer = await client.post(plan["links"]["cancel"])
    approved = await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})

    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    assert (approved.status_code, approved.json()["code"]) == (409, "already_decided")
    assert not executor.approvals


@pytest.mark.parametrize(("asked", "kept"), [({}, "undo"), ({"completed_steps": "keep"}, "keep")])
async def test_a_running_plan_is_cancelled_by_a_signed_wish(
    signed_in: Any, executor: Any, redis: Redis, asked: Any, kept: str
) -> None:
    client, session = signed_in
    plan = await propose(client)
    await stored_as(executor, plan["plan_id"], "running", "running")

    answer = await client.post(f"/v1/plans/{plan['plan_id']}/cancel", json=asked)
    again = await client.post(f"/v1/plans/{plan['plan_id']}/cancel", json=asked)

    wish = Cancellation.model_validate_json(await redis.get(f"cancel:{plan['plan_id']}") or "")
    verify_decision(KEY, wish)
    assert (wish.session_id, wish.completed_steps) == (session.session_id, kept)
    assert (answer.status_code, answer.headers["Location"]) == (202, plan["links"]["self"])
    assert (again.status_code, again.json()["code"]) == (409, "already_cancelled")


@pytest.mark.parametrize("status", ["done", "failed", "undone", "in_doubt", "undoing"])
async def test_what_has_ended_is_not_cancelled(signed_in: Any, executor: Any, redis: Redis, status: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await stored_as(executor, plan["plan_id"], status, "done")

    answer = await client.post(plan["links"]["cancel"])

    assert (answer.status_code, answer.json()["code"]) == (409, "already_ended")
    assert not await redis.exists(f"cancel:{plan['plan_id']}")


async def test_an_ended_plan_is_undone_by_a_new_plan(signed_in: Any, executor: Any, redis: Redis) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await stored_as(executor, plan["plan_id"], "done", "done", ended_at=time.time())
    shown = (await client.get(plan["links"]["self"])).json()

    answer = await client.post(shown["links"]["undo"], headers={"Idempotency-Key": "u1"})
    again = await client.post(shown["links"]["undo"], headers={"Idempotency-Key": "u1"})

    new = answer.json()
    assert (answer.status_code, new["status"], new["undoes"]) == (202, "proposed", plan["plan_id"])
    assert answer.headers["Location"] == f"/v1/plans/{new['plan_id']}" != plan["links"]["self"]
    assert again.json() == new
    assert await redis.zscore("runs", new["plan_id"]) is not None
    assert (await client.post(new["links"]["approve"], json={"digest": new["digest"]})).status_code == 202


async def test_a_plan_undone_over_rest_is_undone_by_a_program(signed_in: Any, executor: Any, dispatcher: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await stored_as(executor, plan["plan_id"], "done", "done")
    await client.post(f"/v1/plans/{plan['plan_id']}/undo")
    (call,) = [call for call in dispatcher.calls if call.tool == "prepare_undo"]
    assert call.arguments["by_program"] is True


@pytest.mark.parametrize(("status", "step"), [("running", "done"), ("proposed", "pending"), ("failed", "undone")])
async def test_where_nothing_is_left_to_undo_no_plan_is_made(
    signed_in: Any, executor: Any, dispatcher: Any, status: Any, step: Any
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await stored_as(executor, plan["plan_id"], status, step)

    answer = await client.post(f"/v1/plans/{plan['plan_id']}/undo")

    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_undo")
    assert not [call for call in dispatcher.calls if call.tool == "prepare_undo"]


async def test_the_executors_reasons_against_an_undo_are_told(signed_in: Any, executor: Any, dispatcher: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await stored_as(executor, plan["plan_id"], "done", "done")
    dispatcher.fail("executor", "prepare_undo", "cannot_undo", "the bucket is not empty any more")

    answer = await client.post(f"/v1/plans/{plan['plan_id']}/undo")

    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_undo")
    assert "not empty" in answer.json()["detail"]


async def test_a_plan_in_doubt_goes_on_once_a_person_has_said_what_happened(
    signed_in: Any, executor: Any, gateway: Gateway, redis: Redis, dispatcher: Any
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    ended_at = 1795380000.1234567
    followed = gateway.decisions.follower
    run = executor._run

    async def into_doubt(arguments: dict[str, Any]) -> Any:
        executor.ends = "in_doubt"
        await run(arguments)
        error = ErrorBody(code="in_doubt", detail="nobody knows")
        doubtful = await stored_as(executor, plan["plan_id"], "in_doubt", "in_doubt", ended_at=ended_at)
        steps = tuple(step.model_copy(update={"error": error}) for step in doubtful.steps)
        await executor.store(doubtful.model_copy(update={"steps": steps}))
        executor.ends = "done"
        dispatcher.replies["run_plan"] = run
        return executor._ok("run_plan", doubtful)

    dispatcher.replies["run_plan"] = into_doubt
    turns: Any = gateway.turns
    await followed.start()
    try:
        await client.post(plan["links"]["approve"], json={"digest": plan["digest"]})
        await until(lambda: len(turns.ended) == 1)
        shown = (await client.get(plan["links"]["self"])).json()
        said = {"step": "s1", "happened": True}
        answer = await client.post(shown["links"]["resolve"], json=said)
        await until(lambda: len(turns.ended) == 2)
        again = await client.post(shown["links"]["resolve"], json=said)
    finally:
        await followed.stop()

    assert (shown["status"], shown["steps"][0]["answers"]) == ("in_doubt", ["it happened", "it did not"])
    assert "undo" not in shown["links"]
    assert answer.status_code == 202
    word = Resolution.model_validate_json(await redis.hget(f"resolution:{plan['plan_id']}", "s1") or "")  # type: ignore[misc]  # redis-py types replies as maybe awaitable
    verify_decision(KEY, word)
    assert (word.in_doubt_since, word.happened, word.then) == (ended_at, True, "continue")
    assert [ended.status for ended in turns.ended] == ["in_doubt", "done"]
    ids = [call.call_id for call in dispatcher.calls if call.tool == "run_plan"]
    assert ids == [f"run.{plan['plan_id']}.0", f"run.{plan['plan_id']}.1"]
    assert (again.status_code, again.json()["code"]) == (409, "not_in_doubt")


async def test_a_doubt_is_answered_once_and_all_doubts_before_the_plan_goes_on(
    signed_in: Any, executor: Any, redis: Redis
) -> None:
    client, _ = signed_in
    plan = await propose(client, steps=BODY["steps"] * 2)
    url = f"/v1/plans/{plan['plan_id']}/resolve"
    await stored_as(executor, plan["plan_id"], "in_doubt", "in_doubt", ended_at=time.time())
    await redis.zrem("runs", plan["plan_id"])

    first = await client.post(url, json={"step": "s1", "happened": True})
    other_word = await client.post(url, json={"step": "s1", "happened": False})
    waiting = await redis.zscore("runs", plan["plan_id"])
    last = await client.post(url, json={"step": "s2", "happened": False, "then": "stop"})

    assert (first.status_code, first.json()["status"], waiting) == (202, "in_doubt", None)
    assert (other_word.status_code, other_word.json()["code"]) == (409, "already_resolved")
    assert (last.status_code, last.json()["status"]) == (202, "running")
    assert await redis.zscore("runs", plan["plan_id"]) is not None
    await stored_as(executor, plan["plan_id"], "in_doubt", "in_doubt", ended_at=time.time() + 1)
    assert (await client.post(url, json={"step": "s1", "happened": False})).status_code == 202


@pytest.mark.parametrize(("status", "step"), [("done", "done"), ("running", "running"), ("in_doubt", "done")])
async def test_what_is_not_in_doubt_is_not_resolved(signed_in: Any, executor: Any, status: Any, step: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await stored_as(executor, plan["plan_id"], status, step, ended_at=time.time())

    answer = await client.post(f"/v1/plans/{plan['plan_id']}/resolve", json={"step": "s1", "happened": True})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_doubt")


@pytest.mark.parametrize(
    ("status", "step", "actions"),
    [
        ("proposed", "pending", {"approve", "reject", "edit", "cancel"}),
        ("running", "running", {"cancel"}),
        ("undoing", "done", set()),
        ("done", "done", {"undo"}),
        ("failed", "undone", set()),
        ("in_doubt", "in_doubt", {"resolve"}),
    ],
)
async def test_a_plans_links_are_what_can_be_done_now(
    signed_in: Any, executor: Any, status: Any, step: Any, actions: set[str]
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await stored_as(executor, plan["plan_id"], status, step)

    links = (await client.get(plan["links"]["self"])).json()["links"]

    assert set(links) == {"self", *actions}


async def test_a_plan_is_also_a_page_in_words(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    executor.changes = {"summary": "Goal: a bucket\nIt costs nothing."}
    plan = await propose(client)

    page = await client.get(plan["links"]["self"], headers={"Accept": "text/plain"})

    assert page.headers["content-type"].startswith("text/plain")
    assert page.text == plan["summary"]
    assert all(line.startswith(MARK) for line in page.text.splitlines())
    approve = f"POST {plan['links']['approve']}\n    " + json.dumps({"digest": plan["digest"]})
    assert approve in text_of(page.text)


async def test_the_page_is_made_from_the_record_as_it_is_now(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)
    late = Finding(code="late_effect", severity="high", message="Its effect is there.", step="s1")
    await stored_as(executor, plan["plan_id"], "failed", "failed", ended_at=time.time(), findings=(late,))

    page = text_of((await client.get(plan["links"]["self"], headers={"Accept": "text/plain"})).text)

    assert f"Plan {plan['plan_id']}: FAILED" in page
    assert 'HIGH late_effect [s1]: "Its effect is there."' in page
    assert "Findings: none" not in page
    assert "/approve" not in page


async def test_a_rejected_plan_says_why_and_none_of_its_steps_stays_pending(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await client.post(f"/v1/plans/{plan['plan_id']}/reject", json={"reason": "too wide\nFindings: none"})

    ended = (await client.get(plan["links"]["self"])).json()

    assert ended["ended_because"] == "a person rejected the plan: too wide\nFindings: none"
    assert {step["status"] for step in ended["steps"]} == {"skipped"}
    assert ended["steps"][0]["error"]["code"] == "not_begun"
    page = text_of(ended["summary"])
    assert 'Why: "a person rejected the plan: too wide Findings: none"' in page
    assert "Status: not carried out" in page
    assert "Propose it again: POST /v1/plans" in page


async def test_a_decision_is_in_the_log_before_it_counts(signed_in: Any, executor: Any, redis: Redis) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await stored_as(executor, plan["plan_id"], "running", "running")
    await client.post(f"/v1/plans/{plan['plan_id']}/cancel")
    await stored_as(executor, plan["plan_id"], "in_doubt", "in_doubt", ended_at=time.time())
    await client.post(f"/v1/plans/{plan['plan_id']}/resolve", json={"step": "s1", "happened": False})

    entries = (await client.get("/v1/audit")).json()["items"]

    kinds = [entry["kind"] for entry in entries]
    assert kinds[-2:] == ["plan.cancelled", "plan.resolved"]
    assert entries[-1]["data"]["happened"] is False
