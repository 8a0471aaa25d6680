"""One record that a newer version stored, or that is damaged, hides no other: every route is asked for each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.conversations import ConversationStore, new_conversation
from services.orchestrator.turns.store import TurnStore, new_turn, turn_key
from shared.results.records import result_key
from tests.fakes.newer import NAME, VALUE

BODY = {"goal": "a bucket", "steps": [{"operation": "create_s3_bucket", "arguments": {"bucket_name": "team-a"}}]}
GRANT = {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::team-*", "expires_in": 600, "max_uses": 5}
REF = "res_info_trn_1.0"

Change = Callable[[dict[str, Any]], Any]


def _inside(record: dict[str, Any], name: str, value: object) -> dict[str, Any]:
    """The record with a part of its first step, or of itself, changed."""
    steps = record.get("steps")
    return record | ({"steps": [steps[0] | {name: value}, *steps[1:]]} if steps else {name: value})


CHANGES: dict[str, Change] = {
    "a field more": lambda record: record | {NAME: VALUE},
    "a field more in a part": lambda record: _inside(record, NAME, VALUE),
    "a status that is not known": lambda record: record | {"status": "paused"},
    "a part's status that is not known": lambda record: _inside(record, "status", "paused"),
    "a finding that is not known": lambda record: record | {"findings": [{"code": "new", "severity": "grave"}]},
    "a field of another type": lambda record: record | {"created_at": "yesterday"},
    "fields less": lambda record: {
        name: value
        for name, value in record.items()
        if name not in ("review", "findings", "limits", "summary", "undoes", "usage", "rounds", "pending", "takeovers")
    },
    "no field at all": lambda _: {},
    "another kind of JSON": lambda _: ["a", "list"],
}


@dataclass(frozen=True)
class Stored:
    """One record of each kind beside one that stays as it is."""

    client: httpx.AsyncClient
    changed: dict[str, str]
    kept: dict[str, str]
    keys: dict[str, str]


@pytest.fixture
async def stored(signed_in: Any, executor: Any, gateway: Gateway, redis: Redis) -> Stored:
    client, session = signed_in
    turns: Any = gateway.turns
    turns.store, turns.conversations = TurnStore(redis, "test"), ConversationStore(redis)
    made = [await make(client, session, turns, redis) for _ in range(2)]
    changed, kept = made
    await redis.set(
        result_key("info", REF), json.dumps({"session_id": "ses_x", "owner_id": session.owner_id, "body": "{}"})
    )
    keys = {
        "plan": f"plan:{changed['plan']}",
        "decision": f"decision:{changed['plan']}",
        "turn": turn_key(changed["turn"]),
        "conversation": f"conversation:{changed['conversation']}",
        "grant": f"grant:{changed['grant']}",
        "result": result_key("info", REF),
    }
    return Stored(client, changed, kept, keys)


async def make(client: httpx.AsyncClient, session: Session, turns: Any, redis: Redis) -> dict[str, str]:
    plan = (await client.post("/v1/plans", json=BODY)).json()
    await client.post(f"/v1/plans/{plan['plan_id']}/reject", json={})
    conversation = new_conversation(session, "a bucket")
    turn = new_turn(session, conversation.conversation_id, "a bucket")
    turn.plan_ids, turn.status = [plan["plan_id"]], "completed"
    await turns.conversations.begin_turn(conversation, turn, new=True, holder="test", seconds=1)
    await redis.set(turn_key(turn.turn_id), turn.model_dump_json())
    grant = (await client.post("/v1/grants", json=GRANT)).json()
    return {
        "plan": plan["plan_id"],
        "turn": turn.turn_id,
        "conversation": conversation.conversation_id,
        "grant": grant["grant_id"],
    }


def routes(ids: dict[str, str]) -> list[str]:
    """Every route that reads a record of these."""
    return [
        "/v1/plans",
        "/v1/plans?status=rejected",
        f"/v1/plans/{ids['plan']}",
        "/v1/conversations",
        f"/v1/conversations/{ids['conversation']}",
        f"/v1/turns/{ids['turn']}",
        "/v1/grants",
        f"/v1/grants/{ids['grant']}",
        f"/v1/results/{REF}",
        f"/v1/results/{REF}?path=a",
    ]


LISTS = {"/v1/plans": "plan", "/v1/conversations": "conversation", "/v1/grants": "grant"}


@pytest.mark.parametrize("kind", ["plan", "decision", "turn", "conversation", "grant", "result"])
async def test_a_record_of_another_version_hides_no_other(stored: Stored, redis: Redis, kind: str) -> None:
    key = stored.keys[kind]
    record: Any = json.loads(await redis.get(key) or "")
    for name, change in CHANGES.items():
        await redis.set(key, json.dumps(change(record)))

        for path in routes(stored.changed):
            answer = await stored.client.get(path)
            # A grant that was changed is none any more: its signature is of something else.
            known = answer.status_code == 200 or answer.json()["code"].endswith(("record_unreadable", "_not_found"))
            assert known, (name, path, answer.text)
        for path, part in LISTS.items():
            page = (await stored.client.get(path)).json()
            assert stored.kept[part] in [item[f"{part}_id"] for item in page["items"]], (name, path)
            for unread in page.get("unreadable", []):
                assert unread[f"{part}_id"] == stored.changed[part], (name, path)
                assert "a newer version wrote it" in unread["why"]


async def test_a_list_says_what_it_leaves_out(stored: Stored, redis: Redis) -> None:
    for kind, path in (("plan", "/v1/plans"), ("conversation", "/v1/conversations"), ("grant", "/v1/grants")):
        record: Any = json.loads(await redis.get(stored.keys[kind]) or "")
        await redis.set(stored.keys[kind], json.dumps(record | {"created_at": "yesterday"}))
        page = (await stored.client.get(path)).json()
        assert [item[f"{kind}_id"] for item in page["items"]] == [stored.kept[kind]]
        assert [item[f"{kind}_id"] for item in page["unreadable"]] == [stored.changed[kind]]


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"session_id": 1}'])
async def test_a_record_that_is_damaged_hides_no_other(stored: Stored, redis: Redis, text: str) -> None:
    for key in stored.keys.values():
        await redis.set(key, text)

    for path in routes(stored.changed):
        answer = await stored.client.get(path)
        assert answer.status_code == 200 or answer.json()["code"].endswith(("record_unreadable", "_not_found")), path
    for path, name in LISTS.items():
        page = (await stored.client.get(path)).json()
        assert [item[f"{name}_id"] for item in page["items"]] == [stored.kept[name]], path


async def test_a_turn_whose_plan_cannot_be_read_says_so_and_is_shown(stored: Stored, redis: Redis) -> None:
    await redis.set(stored.keys["plan"], '{"status": "paused"}')

    turn = (await stored.client.get(f"/v1/turns/{stored.changed['turn']}")).json()

    assert (turn["status"], turn["message"]) == ("completed", "a bucket")
    assert "plan" not in turn
    assert turn["unreadable_plan"]["plan_id"] == stored.changed["plan"]
    assert "a newer version wrote it" in turn["unreadable_plan"]["why"]


async def test_a_grant_that_cannot_be_read_approves_nothing_and_can_be_revoked(stored: Stored, redis: Redis) -> None:
    client, grant = stored.client, f"/v1/grants/{stored.changed['grant']}"
    await client.delete(f"/v1/grants/{stored.kept['grant']}")
    record: Any = json.loads(await redis.get(stored.keys["grant"]) or "")
    await redis.set(stored.keys["grant"], json.dumps(record | {"max_uses": "many"}))

    proposed = (await client.post("/v1/plans", json=BODY)).json()
    shown = await client.get(grant)
    revoked = await client.delete(grant)

    assert (proposed["status"], proposed["approved_by"]) == ("proposed", None)
    assert (shown.status_code, shown.json()["code"]) == (503, "record_unreadable")
    assert revoked.status_code == 204
    assert (await client.get("/v1/grants")).json() == {"items": [], "next_cursor": None}


async def test_a_session_of_a_newer_version_that_cannot_be_read_is_refused_as_such(
    signed_in: Any, redis: Redis
) -> None:
    client, _ = signed_in
    [key] = [key async for key in redis.scan_iter("session:*") if not key.startswith("session:of:")]
    record: Any = json.loads(await redis.get(key) or "")
    await redis.set(key, json.dumps(record | {"scoping": {"mode": "fenced"}}))

    answer = await client.get("/v1/sessions/current")

    assert (answer.status_code, answer.json()["code"]) == (503, "record_unreadable")


async def test_an_answer_that_a_newer_version_kept_under_a_key_is_not_made_up(
    signed_in: Any, executor: Any, redis: Redis
) -> None:
    client, _ = signed_in
    headers = {"Idempotency-Key": "one"}
    await client.post("/v1/plans", json=BODY, headers=headers)
    [key] = [key async for key in redis.scan_iter("idempotency:*")]
    record: Any = json.loads(await redis.get(key) or "")

    for kept in ({**record, "body": None, "elsewhere": 1}, {"status": 201, "hash": record["hash"]}, [], {}):
        if isinstance(kept, dict) and kept.get("body", 1) is None:
            del kept["body"]
        await redis.set(key, json.dumps(kept))
        answer = await client.post("/v1/plans", json=BODY, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "record_unreadable"), kept
    assert len((await client.get("/v1/plans")).json()["items"]) == 1


async def test_a_plan_that_a_newer_executor_prepared_beyond_reading_is_told_as_such(
    signed_in: Any, executor: Any
) -> None:
    client, _ = signed_in
    executor.changes = {"on_failure": "ask"}

    answer = await client.post("/v1/plans", json=BODY)

    assert (answer.status_code, answer.json()["code"]) == (503, "record_unreadable")
