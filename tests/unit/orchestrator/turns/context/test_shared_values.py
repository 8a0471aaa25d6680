"""The model sees a value that a plan has read only where the approval says so, for one answer, and it is not kept."""

from __future__ import annotations

import json
from typing import Any

from redis.asyncio import Redis

from services.orchestrator.turns.runner import TurnRunner
from shared.keys.sealed_values import seal_for_model, shared_under
from tests.fakes.openai_server import OpenAIServer, call, say
from tests.fakes.workers import FakePlans
from tests.unit.orchestrator.turns.conftest import Ask, until_settled

SECRET = "correct horse battery staple 4711"
BUCKET = '{"bucket_name": "a-b", "region": "eu-central-1"}'


async def waiting(ask: Ask, model_server: OpenAIServer) -> Any:
    model_server.replies += [call(("create_s3_bucket", BUCKET))]
    return await ask("Show me that value")


async def share(redis: Redis, plan_id: str, key: bytes = b"e", as_step: str = "s1") -> None:
    body = json.dumps({"value": {"SecretString": SECRET}, "cut": False})
    await redis.hset(shared_under(plan_id), as_step, seal_for_model(body, key, plan_id, "s1"))


def sent(model_server: OpenAIServer) -> str:
    return json.dumps(model_server.requests)


async def test_it_is_in_the_request_for_the_closing_answer_and_nowhere_else(
    ask: Ask, runner: TurnRunner, plans: FakePlans, model_server: OpenAIServer, redis: Redis
) -> None:
    turn = await waiting(ask, model_server)
    await share(redis, turn.plan_id)
    model_server.replies += [say("It is there."), say("Later.")]
    await runner.plan_ends.ended(plans.done(turn.plan_id))
    ended = await until_settled(runner, turn.turn_id)
    assert ended.answer == "It is there."
    last = model_server.requests[-1]
    assert SECRET in json.dumps(last)
    assert last["tool_choice"] == "none"
    assert SECRET not in json.dumps(model_server.requests[:-1])
    assert SECRET not in ended.model_dump_json()
    again = await ask("And now?", turn.conversation_id)
    assert again.answer == "Later."
    assert SECRET not in json.dumps(model_server.requests[-1])


async def test_without_such_an_approval_the_model_gets_the_plan_alone_and_may_call(
    ask: Ask, runner: TurnRunner, plans: FakePlans, model_server: OpenAIServer
) -> None:
    turn = await waiting(ask, model_server)
    model_server.replies += [say("Done.")]
    await runner.plan_ends.ended(plans.done(turn.plan_id))
    await until_settled(runner, turn.turn_id)
    assert '"values"' not in sent(model_server)
    assert model_server.requests[-1].get("tool_choice") != "none"


async def test_what_another_put_there_is_not_shown_to_the_model(
    ask: Ask, runner: TurnRunner, plans: FakePlans, model_server: OpenAIServer, redis: Redis
) -> None:
    turn = await waiting(ask, model_server)
    await share(redis, turn.plan_id, key=b"not the executor's")
    await share(redis, turn.plan_id, as_step="s2")
    await redis.hset(shared_under(turn.plan_id), "s3", "no box")
    model_server.replies += [say("Done.")]
    await runner.plan_ends.ended(plans.done(turn.plan_id))
    await until_settled(runner, turn.turn_id)
    assert SECRET not in sent(model_server)
