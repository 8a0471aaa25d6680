"""A step shows as much of a result as a turn may hold, and says whether that is all of it."""

from __future__ import annotations

import pytest

from services.orchestrator.turns.context.results import MAX_STEP_CHARS, step_of
from services.orchestrator.turns.function_calls import Call
from shared.text.shorten import size_of
from tests.fakes.workers import a_result

CALL = Call("call-1", "trn_1.0", "list_ec2_instances", {}, None)


@pytest.mark.parametrize(("count", "all_of_them"), [(100, True), (50_000, False)])
def test_a_step_is_complete_where_all_rows_are_shown(count: int, all_of_them: bool) -> None:
    rows = [{"instance_id": f"i-{number:017x}", "state": "running"} for number in range(count)]
    step = step_of(CALL, a_result("list_ec2_instances", {"instances": rows, "instance_count": count}))
    assert (step.complete, step.cut is None) == (all_of_them, all_of_them)
    assert isinstance(step.result, dict)
    assert step.result["instance_count"] == count
    shown = [row for row in step.result["instances"] if isinstance(row, dict)]
    assert shown == rows[: len(shown)]
    assert size_of(step.result) <= MAX_STEP_CHARS
    assert all_of_them or size_of(step.result) > MAX_STEP_CHARS - 200
