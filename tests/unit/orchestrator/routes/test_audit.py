"""The session's audit over REST: what is in it, who sees it, and that nothing can be taken out of it unseen."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.app import create_app
from services.orchestrator.audit.trail import AuditTrail
from services.orchestrator.paging import encode
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.workers.audited import AuditedDispatcher
from services.orchestrator.workers.dispatch import Dispatcher
from shared.audit.chain import seal
from shared.audit.log import Entry, head_key, log_key
from shared.audit.signers import PrivateKey
from shared.errors import DeadlineExceeded, Unavailable
from shared.messages import ToolCall, ToolResult
from tests.fakes import audit_keys
from tests.fakes.workers import ask

PLAN = {"goal": "a bucket", "steps": [{"operation": "create_s3_bucket", "arguments": {"bucket_name": "b"}}]}


@pytest.fixture
async def opened(client: httpx.AsyncClient, credentials: dict[str, Any]) -> tuple[httpx.AsyncClient, str]:
    """The client with a token from the route, and the session's id."""
    answer = (await client.post("/v1/sessions", json=credentials)).json()
    client.headers["Authorization"] = f"Bearer {answer['token']}"
    return client, answer["session_id"]


async def entries(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/v1/audit")).json()["items"]
    return items


async def test_a_session_begins_with_its_opening_and_holds_no_credential(opened: Any, credentials: Any) -> None:
    client, session_id = opened

    log = await entries(client)

    assert [entry["kind"] for entry in log] == ["session.opened"]
    assert log[0]["session_id"] == session_id
    assert log[0]["account"] == "123456789012"
    assert log[0]["actor"]["service"] == "gateway"
    assert credentials["secret_access_key"] not in str(log)
    assert credentials["access_key_id"] not in str(log)


async def test_a_plan_is_there_from_proposal_to_decision_and_so_is_what_was_denied(opened: Any, executor: Any) -> None:
    client, _ = opened
    plan = (await client.post("/v1/plans", json=PLAN)).json()
    await client.post(f"/v1/plans/{plan['plan_id']}/approve", json={"digest": "0" * 64})
    await client.post(f"/v1/plans/{plan['plan_id']}/reject", json={"reason": "no"})

    log = await entries(client)

    kinds = ["session.opened", "plan.proposed", "denied", "plan.decided"]
    assert [entry["kind"] for entry in log][:4] == kinds
    assert log[1]["data"]["steps"][0]["arguments"] == {"bucket_name": "b"}
    assert log[2]["data"]["code"] == "digest_mismatch"
    assert log[3]["data"] == {"plan_id": plan["plan_id"], "decision": "reject", "reason": "no"}
    assert (await client.get("/v1/audit/verify")).json()["valid"] is True


async def test_a_decision_that_cannot_be_audited_is_not_made(
    opened: Any, executor: Any, gateway: Any, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, session_id = opened
    plan = (await client.post("/v1/plans", json=PLAN)).json()
    await redis.delete(head_key(session_id))  # the log no longer fits its head

    answer = await client.post(f"/v1/plans/{plan['plan_id']}/approve", json={"digest": plan["digest"]})

    assert answer.status_code == 503
    assert answer.json()["code"] == "audit_unavailable"
    assert await redis.get(f"decision:{plan['plan_id']}") is None


async def test_pages_and_export_hold_the_same_entries(opened: Any, gateway: Any) -> None:
    client, session_id = opened
    for number in range(6):
        await gateway.audit.record(session_id, Entry("tool.called", {"number": number}))

    first = (await client.get("/v1/audit?limit=4")).json()
    rest = (await client.get(f"/v1/audit?limit=4&cursor={first['next_cursor']}")).json()
    *lines, last = (await client.get("/v1/audit?format=jsonl")).text.splitlines()

    assert [json.loads(line) for line in lines] == first["items"] + rest["items"]
    assert rest["next_cursor"] is None
    assert json.loads(last)["anchor"]["seq"] == rest["head"]["seq"] == 7


async def test_another_session_sees_its_own_log_only(opened: Any, credentials: Any) -> None:
    client, session_id = opened
    other = (await client.post("/v1/sessions", json=credentials)).json()

    log = (await client.get("/v1/audit", headers={"Authorization": f"Bearer {other['token']}"})).json()["items"]

    assert {entry["session_id"] for entry in log} == {other["session_id"]} != {session_id}


async def spoil(redis: Redis, session_id: str, keep: Any) -> None:
    """Write the log anew as a thief of Redis would, its head too."""
    found: Any = await redis.xrange(log_key(session_id))
    await redis.delete(log_key(session_id))
    kept = keep([(name, dict(fields)) for name, fields in found])
    for name, fields in kept:
        await redis.xadd(log_key(session_id), fields, id=name)
    last = json.loads(kept[-1][1]["entry"])
    await redis.hset(head_key(session_id), mapping={"seq": last["seq"], "hash": last["hash"]})


def changed(entries: list[Any]) -> list[Any]:
    entries[2][1]["entry"] = entries[2][1]["entry"].replace("harmless", "harmful")
    return entries


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (changed, "entry 3 (tool.called): its content was changed"),
        (lambda entries: entries[:1] + entries[2:], "entry 2 is missing"),
        (lambda entries: entries[:3], "the log ends at 3 but the anchor says 5"),
    ],
)
async def test_verify_names_what_was_done_to_the_log(
    client: httpx.AsyncClient, make_gateway: Any, settings: Any, credentials: Any, redis: Redis, tmp_path: Path,
    keep: Any, said: str,
) -> None:  # fmt: skip
    anchored = settings.model_copy(update={"audit_anchor_file": str(tmp_path / "anchors.jsonl")})
    gateway = make_gateway(anchored)
    transport = httpx.ASGITransport(create_app(anchored, lambda _: gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as http:
        answer = (await http.post("/v1/sessions", json=credentials)).json()
        http.headers["Authorization"] = f"Bearer {answer['token']}"
        for _ in range(4):
            await gateway.audit.record(answer["session_id"], Entry("tool.called", {"name": "harmless"}))
        before = (await http.get("/v1/audit/verify")).json()
        await spoil(redis, answer["session_id"], keep)
        after = (await http.get("/v1/audit/verify")).json()

    assert (before["valid"], before["anchors"]) == (True, 5)
    assert before["sources"] == [{"service": "gateway", "anchors": 5, "reach": 5}]
    assert any("Only anchors by gateway itself" in sentence for sentence in before["not_shown"])
    assert not after["valid"]
    assert after["faults"][0]["detail"] == said


@pytest.mark.parametrize("kind", ["plan.decided", "session.opened", "tool.called", "grant.made"])
async def test_what_a_hostile_executor_writes_for_the_gateway_is_found(opened: Any, redis: Redis, kind: str) -> None:
    client, session_id = opened
    await write_as_executor(redis, session_id, "step.done")
    before = (await client.get("/v1/audit/verify")).json()
    await write_as_executor(redis, session_id, kind)

    after = (await client.get("/v1/audit/verify")).json()

    assert before["valid"] is True
    assert [(fault["entry"], fault["code"]) for fault in after["faults"]] == [(3, "wrong_writer")]


async def write_as_executor(redis: Redis, session_id: str, kind: str) -> None:
    """Append an entry with the executor's key and rights, and without its code."""
    ((_, last),) = await redis.xrevrange(log_key(session_id), count=1)
    before = json.loads(last["entry"])
    actor = {"service": "executor", "caller_arn": before["actor"]["caller_arn"]}
    body = before | {"seq": before["seq"] + 1, "actor": actor, "kind": kind, "prev": before["hash"]}
    entry = seal(
        {name: value for name, value in body.items() if name not in ("mac", "hash")},
        PrivateKey(audit_keys.SIGNING_KEYS["executor"]),
    )
    await redis.xadd(log_key(session_id), {"entry": json.dumps(entry)}, id=f"{entry['seq']}-0")
    await redis.hset(head_key(session_id), mapping={"seq": entry["seq"], "hash": entry["hash"]})


async def test_the_answer_says_whose_anchors_were_compared_and_what_is_not_shown(opened: Any, gateway: Any) -> None:
    client, _ = opened

    report = (await client.get("/v1/audit/verify")).json()

    assert (report["anchors"], report["sources"]) == (0, [])
    assert report["not_shown"][0].startswith("No anchor from outside the log was compared")


async def test_an_export_says_what_it_cannot_show(opened: Any) -> None:
    client, _ = opened

    last = json.loads((await client.get("/v1/audit?format=jsonl")).text.splitlines()[-1])

    assert set(last) == {"anchor", "cannot_show"}
    assert any("could have written all of it anew" in sentence for sentence in last["cannot_show"])


async def test_several_gateways_write_one_chain(opened: Any, make_gateway: Any, settings: Any) -> None:
    client, session_id = opened
    gateways = [make_gateway(settings) for _ in range(3)]

    writing = (one.audit.record(session_id, Entry("tool.called", {"n": n})) for n in range(10) for one in gateways)
    await asyncio.gather(*writing)

    report = (await client.get("/v1/audit/verify")).json()
    assert (report["valid"], report["entries"]) == (True, 31)


class Answers(Dispatcher):
    """Answers a call without a worker."""

    answer: ToolResult | Unavailable

    async def call(self, _: ToolCall, *, whole: bool = True) -> ToolResult:
        if isinstance(self.answer, Unavailable):
            raise self.answer
        return self.answer


class Audited(AuditedDispatcher, Answers):
    pass


async def test_a_call_is_in_the_log_with_its_outcome_and_without_its_secrets(
    redis: Redis, settings: GatewaySettings
) -> None:
    trail = AuditTrail(redis, settings)
    dispatcher = Audited(redis, settings.signing_keys(), trail)
    dispatcher.answer = ToolResult(
        call_id="trn_1.0", agent="info", tool="t", status="ok", region="eu-west-1", started_at=1, duration_ms=7
    )
    await ask(dispatcher, "info", "t", {"password": "hunter2", "name": "n"}, session_id="ses_1", turn_id="trn_1")
    dispatcher.answer = DeadlineExceeded("late")
    with pytest.raises(DeadlineExceeded):
        await ask(dispatcher, "advisor", "explain_policy_with_claude", {}, session_id="ses_1")

    called, late = [entry for _, entry in await trail.page("ses_1", 0, 10)]

    assert called["data"]["arguments"] == {"password": "[redacted]", "name": "n"}
    assert (called["data"]["made_by"], called["data"]["outcome"], called["data"]["gaps"]) == ("model", "ok", 0)
    assert called["data"]["duration_ms"] == 7
    assert (late["kind"], late["data"]["outcome"]) == ("advisor.called", "deadline_exceeded")


async def test_a_cursor_that_no_entry_can_have_is_refused(signed_in: Any) -> None:
    client, _ = signed_in

    assert (await client.get("/v1/audit", params={"cursor": encode("audit", str(2**63 - 1))})).json()["items"] == []
    refused = await client.get("/v1/audit", params={"cursor": encode("audit", str(2**64))})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_cursor")


async def test_an_entrys_time_is_shown_in_iso_8601_beside_what_is_hashed(
    opened: tuple[httpx.AsyncClient, str],
) -> None:
    client, _ = opened
    page = (await client.get("/v1/audit")).json()
    moments = [datetime.fromisoformat(time) for time in page["times"]]
    assert [round(moment.timestamp() * 1000) for moment in moments] == [item["time"] for item in page["items"]]
    assert all(time.endswith("Z") for time in page["times"])


@pytest.mark.parametrize("damaged", [{"seq": "many"}, {"hash": ""}, {"seq": "9" * 400}, {"hash": "null"}])
async def test_a_damaged_head_is_said_and_nothing_is_decided(
    signed_in: tuple[httpx.AsyncClient, Any], redis: Redis, damaged: dict[str, str]
) -> None:
    http, session = signed_in
    await redis.hset(f"audit:head:{session.session_id}", mapping=damaged)
    for path in ("/v1/audit", "/v1/audit/verify"):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
