"""A read-only message: nothing is proposed for it, whatever it asks and the model wants."""

from __future__ import annotations

import pytest

from services.orchestrator.turns.context.prompt import READ_ONLY_NOTE, read_tool_output
from services.orchestrator.turns.runner import TurnRunner
from services.orchestrator.turns.store import Turn
from tests.fakes.openai_server import OpenAIServer, call, say
from tests.fakes.workers import FakeDispatcher, FakePlans, a_session, answers
from tests.unit.orchestrator.turns.conftest import StartGateway, until_settled

BUCKET = '{"bucket_name": "a-b", "region": "eu-central-1"}'
PLAN = '{"goal": "A bucket", "steps": [{"id": "s1", "operation": "create_s3_bucket", "arguments": ' + BUCKET + "}]}"


async def sent(runner: TurnRunner, message: str = "Create the bucket a-b", conversation: str | None = None) -> Turn:
    turn = await runner.start_turn(a_session(), message, conversation, read_only=True)
    return await until_settled(runner, turn.turn_id)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("create_s3_bucket", BUCKET), ("propose_plan", PLAN)],
)
async def test_a_change_that_the_model_asks_for_all_the_same_is_refused(
    start_gateway: StartGateway, model_server: OpenAIServer, plans: FakePlans, name: str, arguments: str
) -> None:
    model_server.replies += [call((name, arguments)), say("That is not possible in a read-only message.")]
    turn = await sent(await start_gateway())
    assert (turn.status, turn.plan_ids, plans.proposals) == ("completed", [], [])
    [told] = [read_tool_output(m["content"]) for m in model_server.messages() if m["role"] == "tool"]
    assert told is not None
    assert told[1]["error"]["code"] == "read_only"


async def test_no_change_is_offered_and_the_model_is_told_why(
    start_gateway: StartGateway, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    dispatcher.replies["get_s3_usage"] = answers({"total_bytes": 1})
    model_server.replies += [call(("get_s3_usage", "{}")), say("1 byte.")]
    turn = await sent(await start_gateway(), "How much?")
    offered = {tool["function"]["name"] for tool in model_server.requests[0]["tools"]}
    assert "get_s3_usage" in offered
    assert offered & {"create_s3_bucket", "propose_plan", "propose_undo"} == set()
    assert model_server.messages(0)[0]["content"].endswith(READ_ONLY_NOTE)
    assert turn.answer == "1 byte."


async def test_it_holds_for_its_message_alone(
    start_gateway: StartGateway, model_server: OpenAIServer, plans: FakePlans
) -> None:
    runner = await start_gateway()
    model_server.replies += [say("No."), call(("create_s3_bucket", BUCKET))]
    first = await sent(runner)
    second = await runner.start_turn(a_session(), "Create it", first.conversation_id)
    assert (await until_settled(runner, second.turn_id)).status == "waiting_for_approval"
    assert len(plans.proposals) == 1
