"""Two versions over the real broker: results of a newer worker are used, calls of a newer gateway are refused."""

from __future__ import annotations

from services.orchestrator.workers.dispatch import Dispatcher, new_call
from services.orchestrator.workers.view import ToolStep
from shared.messages import ToolCall
from tests.fakes.newer import NAME, VALUE
from tests.fakes.workers import ask
from tests.integration.conftest import SESSION, Spawn


class NewerCall(ToolCall):
    """A call as a newer gateway makes it: with a condition that this version does not know."""

    account: str


async def test_a_newer_workers_result_is_used_as_far_as_it_is_known(spawn: Spawn, dispatcher: Dispatcher) -> None:
    spawn("tests.fakes.newer_worker")

    result = await ask(dispatcher, "info", "list_buckets", {}, session_id=SESSION)

    assert (result.status, result.result) == ("ok", {"names": ["a", "b"]})
    assert [(gap.code, gap.region) for gap in result.gaps] == [("deadline", "eu-west-1")]
    assert result.model_extra == {NAME: VALUE}
    assert NAME not in ToolStep.of(result, {}).model_dump()


async def test_so_is_its_error(spawn: Spawn, dispatcher: Dispatcher) -> None:
    spawn("tests.fakes.newer_worker")

    result = await ask(dispatcher, "info", "fail", {}, session_id=SESSION)

    assert result.error is not None
    assert (result.error.code, result.error.detail) == ("aws_error", "AWS is out of order")
    step = ToolStep.of(result, {}).model_dump(mode="json")
    assert step["error"] == {"code": "aws_error", "detail": "AWS is out of order", "retryable": False}


async def test_a_newer_gateways_call_is_refused_and_not_run_without_its_condition(
    spawn: Spawn, dispatcher: Dispatcher
) -> None:
    spawn()
    call = new_call("info", "echo", {"text": "hello"}, session_id=SESSION, seconds=30)

    result = await dispatcher.call(NewerCall(**dict(call), account="another"))

    assert result.error is not None
    assert result.error.code == "unsupported_message"
