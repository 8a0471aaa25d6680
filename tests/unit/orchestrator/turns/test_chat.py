"""The chat routes over HTTP: answers, streams, problems, history, large results."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.sessions.session import Session
from shared.plans.page.lines import MARK
from tests.fakes.openai_server import OpenAIServer, call, error, say
from tests.fakes.workers import FakeDispatcher, FakePlans, answers
from tests.unit.orchestrator.conftest import STRANGER

Http = tuple[httpx.AsyncClient, Session]

STREAM = {"Accept": "text/event-stream"}
BUCKET = '{"bucket_name": "a-b", "region": "eu-central-1"}'


def parse(body: str) -> list[dict[str, Any]]:
    """The events of an SSE body, comments left out."""
    events = []
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append(fields | {"data": json.loads(fields["data"])})
    return events


async def ask(http: httpx.AsyncClient, message: str = "Size?", **body: Any) -> httpx.Response:
    return await http.post("/v1/chat", json={"message": message, **body})


async def test_an_answer_in_one_piece(signed_in: Http, model_server: OpenAIServer, dispatcher: FakeDispatcher) -> None:
    http, session = signed_in
    dispatcher.replies["get_s3_usage"] = answers({"total_bytes": 7})
    model_server.replies += [call(("get_s3_usage", "{}")), say("7 bytes.")]
    response = await ask(http)
    body = response.json()
    assert response.status_code == 200
    assert (body["status"], body["answer"]) == ("completed", "7 bytes.")
    assert body["steps"][0]["result"] == {"total_bytes": 7}
    assert body["identity"] == {
        "account": session.account,
        "caller_arn": session.caller_arn,
        "region": session.region,
    }
    assert body["usage"]["model"] == "fake-1"
    assert (await http.get(f"/v1/turns/{body['turn_id']}")).json() == body


async def test_an_answer_as_a_stream_that_can_be_taken_up_anywhere(
    signed_in: Http, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    http, _ = signed_in
    dispatcher.replies["get_s3_usage"] = answers(1)
    model_server.replies += [call(("get_s3_usage", "{}")), say("One byte.")]
    response = await http.post("/v1/chat", json={"message": "Size?"}, headers=STREAM)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = parse(response.text)
    assert [event["event"] for event in events] == ["turn", "step_started", "step", "text", "answer", "turn"]
    assert events[-2]["data"]["answer"] == "One byte."
    assert events[-1]["data"]["status"] == "completed"
    turn_id = events[0]["data"]["turn_id"]
    for position, event in enumerate(events):
        headers = {"Last-Event-ID": event["id"]}
        rest = await http.get(f"/v1/turns/{turn_id}/events", headers=headers)
        assert parse(rest.text) == events[position + 1 :]
        # An EventSource of a browser would ask again and again.
        assert rest.status_code == (204 if event is events[-1] else 200)
    refused = await http.get(f"/v1/turns/{turn_id}/events", headers={"Last-Event-ID": "nonsense"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_last_event_id")


async def test_a_change_is_answered_with_its_plan(signed_in: Http, model_server: OpenAIServer) -> None:
    http, _ = signed_in
    model_server.replies.append(call(("create_s3_bucket", BUCKET)))
    body = (await ask(http, "Make a bucket")).json()
    assert body["status"] == "waiting_for_approval"
    assert body["plan"]["status"] == "proposed"
    assert body["plan"]["links"]["approve"] == f"/v1/plans/{body['plan']['plan_id']}/approve"
    model_server.replies.append(call(("create_s3_bucket", BUCKET)))
    streamed = await http.post("/v1/chat", json={"message": "Make a bucket"}, headers=STREAM)
    assert [event["event"] for event in parse(streamed.text)] == ["turn", "plan", "answer", "turn"]


async def test_the_answer_of_a_turn_that_waits_is_the_page_of_its_plan_as_it_is_now(
    signed_in: Http, model_server: OpenAIServer, plans: FakePlans
) -> None:
    http, _ = signed_in
    model_server.replies.append(call(("create_s3_bucket", BUCKET)))
    body = (await ask(http, "Make a bucket")).json()
    fence, page, decide = body["answer"].split("```")
    assert (fence, page) == ("", f"text\n{body['plan']['summary']}")
    assert all(line.startswith(MARK) for line in page.splitlines()[1:])
    assert "Nothing has been changed yet" in decide
    plan = plans.plans[body["plan"]["plan_id"]]
    plans.plans[plan.plan_id] = plan.model_copy(update={"status": "running", "approved_by": "person"})
    for shown in (
        (await http.get(f"/v1/turns/{body['turn_id']}")).json(),
        (await http.get(f"/v1/conversations/{body['conversation_id']}")).json()["turns"][0],
    ):
        assert f"Plan {plan.plan_id}: running" in shown["answer"]
        assert "Approved by: a person" in shown["answer"]
        assert "/approve" not in shown["answer"]
        assert "Nothing has been changed yet" not in shown["answer"]


@pytest.mark.parametrize(
    ("reply", "status", "code"),
    [(error(401, "no"), 502, "model_auth_failed"), (error(429, "slow down"), 503, "model_rate_limited")],
)
async def test_the_model_providers_failure_is_a_problem_and_the_turn_stays(
    reply: Any, status: int, code: str, signed_in: Http, model_server: OpenAIServer
) -> None:
    http, _ = signed_in
    model_server.replies.append(reply)
    response = await ask(http)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    turn = (await http.get(f"/v1/turns/{problem['turn_id']}")).json()
    assert (turn["status"], turn["error"]["code"]) == ("failed", code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"message": "x" * 32_001}, 413, "too_large"),
        ({"message": " \n"}, 422, "invalid_request"),
        ({"message": ""}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ({"message": "x", "model": "gpt"}, 422, "invalid_request"),
        ({"message": "x", "conversation_id": "cnv_none"}, 404, "conversation_not_found"),
        ({"message": "\ud800"}, 422, "invalid_request"),
    ],
)
async def test_a_wrong_message_is_refused(body: dict[str, Any], status: int, code: str, signed_in: Http) -> None:
    http, _ = signed_in
    response = await http.post("/v1/chat", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_a_message_sent_twice_under_one_key_is_one_turn(signed_in: Http, model_server: OpenAIServer) -> None:
    http, _ = signed_in
    model_server.replies.append(say("Once."))
    headers = {"Idempotency-Key": "k1"}
    first = await http.post("/v1/chat", json={"message": "Hi"}, headers=headers)
    again = await http.post("/v1/chat", json={"message": "Hi"}, headers=headers)
    assert first.json() == again.json()
    assert len(model_server.requests) == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_WAIT_SECONDS", "0.2")


@pytest.mark.usefixtures("impatient")
async def test_a_turn_goes_on_without_its_client(
    signed_in: Http, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    http, _ = signed_in
    dispatcher.replies["get_s3_usage"] = answers(1, 0.6)
    model_server.replies += [call(("get_s3_usage", "{}")), say("Late.")]
    response = await ask(http)
    assert (response.status_code, response.json()["status"]) == (202, "running")
    location = response.headers["location"]
    async with asyncio.timeout(10):
        while (await http.get(location)).json()["status"] == "running":
            await asyncio.sleep(0.05)
    assert (await http.get(location)).json()["answer"] == "Late."


async def test_history_is_kept_and_can_be_forgotten(signed_in: Http, model_server: OpenAIServer) -> None:
    http, _ = signed_in
    model_server.replies += [say("Hello."), say("Again.")]
    first = (await ask(http, "Hi")).json()
    conversation_id = first["conversation_id"]
    await ask(http, "Hi again", conversation_id=conversation_id)
    listed = (await http.get("/v1/conversations")).json()
    assert [item["title"] for item in listed["items"]] == ["Hi"]
    assert listed["next_cursor"] is None
    one = (await http.get(f"/v1/conversations/{conversation_id}")).json()
    assert [(turn["message"], turn["answer"]) for turn in one["turns"]] == [("Hi", "Hello."), ("Hi again", "Again.")]
    assert (await http.delete(f"/v1/conversations/{conversation_id}")).status_code == 204
    gone = await http.get(f"/v1/conversations/{conversation_id}")
    assert (gone.status_code, gone.json()["code"]) == (404, "conversation_not_found")
    turn = await http.get(f"/v1/turns/{first['turn_id']}")
    assert (turn.status_code, turn.json()["code"]) == (404, "turn_not_found")


async def test_another_caller_sees_nothing(signed_in: Http, open_session: Any, model_server: OpenAIServer) -> None:
    http, _ = signed_in
    model_server.replies.append(say("Hello."))
    body = (await ask(http)).json()
    _, token = await open_session(STRANGER)
    http.headers["Authorization"] = f"Bearer {token}"
    paths = [f"/v1/turns/{body['turn_id']}", f"/v1/turns/{body['turn_id']}/events"]
    paths.append(f"/v1/conversations/{body['conversation_id']}")
    for path in paths:
        assert (await http.get(path)).status_code == 404
    assert (await http.delete(paths[-1])).status_code == 404
    assert (await http.get("/v1/conversations")).json()["items"] == []


async def test_a_large_result_can_be_read_in_part(signed_in: Http, redis: Redis) -> None:
    http, session = signed_in
    stored = {"buckets": [{"name": "a", "size": 1}, {"name": "b", "size": 2}]}
    for owner, reference in ((session.owner_id, "res_info_mine"), ("own_other", "res_info_other")):
        record = {"session_id": "ses_1", "owner_id": owner, "body": json.dumps(stored)}
        await redis.set(f"result:info:{reference}", json.dumps(record))
    whole = await http.get("/v1/results/res_info_mine")
    assert whole.json()["result"] == stored
    part = await http.get("/v1/results/res_info_mine", params={"path": "buckets[?size > `1`].name"})
    assert part.json()["result"] == ["b"]
    wrong = await http.get("/v1/results/res_info_mine", params={"path": "buckets[?"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_path")
    assert (await http.get("/v1/results/res_info_other")).status_code == 404


@pytest.mark.parametrize("text", ["nan cnv_a", "inf cnv_a", "-inf cnv_a", "1e999 cnv_a", "x cnv_a", "1", "1 a b", ""])
async def test_a_cursor_that_is_no_point_of_the_list_is_refused(text: str, signed_in: Http) -> None:
    http, _ = signed_in
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") or "="
    response = await http.get("/v1/conversations", params={"cursor": cursor})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")
