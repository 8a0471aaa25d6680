"""The stop button: a turn ends as cancelled wherever it runs, its calls are let go, and its plan can never run."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from pydantic import JsonValue
from redis.asyncio import Redis

from services.orchestrator.sessions.session import Session
from shared.plans.plan import Plan
from tests.fakes.openai_server import OpenAIServer, call, say
from tests.fakes.workers import FakeDispatcher, FakePlans, a_session
from tests.unit.orchestrator.conftest import STRANGER
from tests.unit.orchestrator.turns.conftest import Ask, StartGateway, eventually, until_settled

Http = tuple[httpx.AsyncClient, Session]
BUCKET = '{"bucket_name": "a-b", "region": "eu-central-1"}'


class Stuck:
    """A tool that never answers; `reached` says that it was asked."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def __call__(self, _: dict[str, JsonValue]) -> JsonValue:
        self.reached.set()
        await asyncio.Event().wait()
        return None


class SlowPlans(FakePlans):
    """Prepares for ever; `asked` says that it began to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def propose(self, *_: Any, **__: Any) -> Plan:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


@pytest.fixture
def plans(request: pytest.FixtureRequest) -> FakePlans:
    return SlowPlans() if "prepared" in request.node.name else FakePlans()


async def no_plan(_: str) -> None:
    raise AssertionError("the turn waits for no plan")


async def test_a_running_turn_ends_and_its_call_is_let_go(
    start_gateway: StartGateway, model_server: OpenAIServer, dispatcher: FakeDispatcher, redis: Redis
) -> None:
    stuck = dispatcher.replies["get_s3_usage"] = Stuck()
    model_server.replies += [call(("get_s3_usage", "{}")), say("Hello.")]
    runs, other = await start_gateway(), await start_gateway()
    turn = await runs.start_turn(a_session(), "How much S3?", None)
    await stuck.reached.wait()

    stopped = await other.cancel(turn, no_plan)

    assert (stopped.status, stopped.answer) == ("cancelled", "")
    assert dispatcher.given_up == [("info", f"{turn.turn_id}.0")]
    assert len(model_server.requests) == 1
    again = await other.start_turn(a_session(), "Hi", turn.conversation_id)
    assert (await until_settled(other, again.turn_id)).answer == "Hello.", "the conversation is free and goes on"
    said = model_server.requests[-1]["messages"]
    assert any("stopped" in str(message["content"]) for message in said)


async def test_a_turn_whose_gateway_died_is_stopped_by_who_finds_it(
    start_gateway: StartGateway, model_server: OpenAIServer, dispatcher: FakeDispatcher, redis: Redis
) -> None:
    stuck = dispatcher.replies["get_s3_usage"] = Stuck()
    model_server.replies.append(call(("get_s3_usage", "{}")))
    runs = await start_gateway()
    turn = await runs.start_turn(a_session(), "How much S3?", None)
    await stuck.reached.wait()
    await redis.set(f"turn:{turn.turn_id}:stop", "1")
    await runs.stop()

    await start_gateway()

    async def cancelled() -> bool:
        found = await runs.store.load(turn.turn_id)
        return found is not None and found.status == "cancelled"

    await eventually(cancelled)


async def test_a_plan_that_is_being_prepared_is_withdrawn(
    start_gateway: StartGateway, model_server: OpenAIServer, plans: SlowPlans
) -> None:
    model_server.replies.append(call(("create_s3_bucket", BUCKET)))
    runs = await start_gateway()
    turn = await runs.start_turn(a_session(), "Create the bucket a-b", None)
    await plans.asked.wait()

    await runs.cancel(turn, no_plan)

    assert plans.withdrawn == [f"{turn.turn_id}.0"]


async def test_over_rest_a_waiting_turn_takes_its_plan_with_it(
    signed_in: Http, model_server: OpenAIServer, plans: FakePlans, redis: Redis, open_session: Any
) -> None:
    http, _ = signed_in
    model_server.replies += [call(("create_s3_bucket", BUCKET)), say("Hello.")]
    turn = (await http.post("/v1/chat", json={"message": "Create the bucket a-b"})).json()
    path = f"/v1/turns/{turn['turn_id']}/cancel"
    _, token = await open_session(STRANGER)
    refused = await http.post(path, headers={"Authorization": f"Bearer {token}"})

    stopped = await http.post(path)
    again = await http.post(path)

    assert refused.status_code == 404
    assert (stopped.status_code, stopped.json()["status"]) == (202, "cancelled")
    assert '"decision":"cancel"' in (await redis.get(f"decision:{turn['plan']['plan_id']}") or "")
    assert (again.status_code, again.json()["code"]) == (409, "already_ended")
    kinds = [entry["kind"] for entry in (await http.get("/v1/audit")).json()["items"]]
    assert kinds[-3:-1] == ["turn.cancelled", "plan.decided"]


async def test_a_turn_whose_plan_runs_is_not_stopped_but_says_how_to_stop_the_plan(
    signed_in: Http, model_server: OpenAIServer, plans: FakePlans
) -> None:
    http, _ = signed_in
    model_server.replies.append(call(("create_s3_bucket", BUCKET)))
    turn = (await http.post("/v1/chat", json={"message": "Create the bucket a-b"})).json()
    plan = plans.plans[turn["plan"]["plan_id"]]
    plans.plans[plan.plan_id] = plan.model_copy(update={"status": "running"})

    answer = await http.post(f"/v1/turns/{turn['turn_id']}/cancel")

    assert (answer.status_code, answer.json()["code"]) == (409, "already_decided")
    assert f"/v1/plans/{plan.plan_id}/cancel" in answer.json()["detail"]
    assert (await http.get(f"/v1/turns/{turn['turn_id']}")).json()["status"] == "waiting_for_approval"


async def test_an_ended_turn_is_not_stopped(ask: Ask, model_server: OpenAIServer, signed_in: Http) -> None:
    http, _ = signed_in
    model_server.replies.append(say("Hello."))
    turn = (await http.post("/v1/chat", json={"message": "Hi"})).json()

    answer = await http.post(f"/v1/turns/{turn['turn_id']}/cancel")

    assert (answer.status_code, answer.json()["code"]) == (409, "already_ended")
