"""The arguments of a model's calls are bounded before anything looks into them."""

from __future__ import annotations

import pytest

from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.functions.offered import offered
from shared.messages import MAX_MESSAGE_BYTES
from tests.fakes.workers import FUNCTIONS, OPERATIONS


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ('{"bucket_name": ' + "[" * 100 + "]" * 100 + "}", "nested more than 64 deep"),
        ('{"bucket_name": ' + "[" * 100_000, "characters"),
        ('{"bucket_name": ' + "[" * 5000 + "]" * 5000 + "}", "not valid JSON"),
        ('{"bucket_name": "\\ud800"}', "not valid Unicode"),
        ('{"bucket_name": NaN}', "not finite"),
        ('{"bucket_name": "' + "x" * MAX_MESSAGE_BYTES + '"}', "are the most"),
        ('{"bucket_name": ' + "9" * 5000 + "}", "not valid JSON"),
        ("[]", "one JSON object"),
    ],
)
def test_arguments_over_the_bounds_are_an_error_that_the_model_can_mend(arguments: str, why: str) -> None:
    asked = {"id": "c1", "function": {"name": "create_s3_bucket", "arguments": arguments}}

    (call,) = Functions(FUNCTIONS, operations=OPERATIONS).unanswered(
        "trn_1", [{"role": "assistant", "tool_calls": [asked]}]
    )

    assert call.error is not None
    assert why in call.error.detail
    assert call.arguments == {}


def test_a_read_under_a_standing_grant_is_called_and_a_change_is_only_proposed() -> None:
    functions = Functions(offered().values())

    assert "read_logs" in functions.reads
    assert {"create_s3_bucket", "propose_plan", "propose_undo"} <= functions.changes
    assert "read_logs" in {one["function"]["name"] for one in functions.for_reading().openai}
