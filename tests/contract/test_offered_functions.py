"""What every request to the model carries: few functions, in few tokens, and all that the deployment can do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.orchestrator.llm.tokens import estimate_tokens
from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.functions.offered import SAID_IN_INSTRUCTIONS, _functions_of, offered
from services.orchestrator.turns.functions.signatures import signature
from services.orchestrator.workers.view import ToolList
from shared.catalog import CATALOG
from shared.sessions.fences import Fences, Perimeter

MOST_FUNCTIONS = 24
MOST_TOKENS = 4000
# OpenAI refuses a request with a longer description of a function; what an argument says has no such limit.
MOST_DESCRIBED = 1024

PUBLIC = [entry for entry in CATALOG if not entry.internal]


@pytest.fixture(params=[False, True], ids=["one account", "several accounts"])
def functions(request: pytest.FixtureRequest) -> Functions:
    made: Functions = _functions_of(Perimeter.of(Fences()), request.param)
    return made


def tokens(function: dict[str, Any]) -> int:
    return estimate_tokens(json.dumps(function, separators=(",", ":"), ensure_ascii=False))


def test_a_model_is_offered_few_functions_in_few_tokens(functions: Functions) -> None:
    by_name = {one["function"]["name"]: tokens(one) for one in functions.openai}
    advice = "the model is sent a docstring's first paragraph and each argument's text up to its first full stop or ;"
    assert len(by_name) <= MOST_FUNCTIONS, sorted(by_name)
    assert sum(by_name.values()) <= MOST_TOKENS, (advice, by_name)


def test_no_description_is_longer_than_openai_takes(functions: Functions) -> None:
    for one in functions.openai:
        assert 20 <= len(one["function"]["description"]) <= MOST_DESCRIBED, one["function"]["name"]


def test_every_reading_tool_is_offered_and_every_operation_named_with_its_arguments(functions: Functions) -> None:
    by_name = {one["function"]["name"]: one["function"] for one in functions.openai}
    assert {entry.name for entry in PUBLIC if entry.kind == "tool"} - SAID_IN_INSTRUCTIONS <= by_name.keys()
    steps = by_name["propose_plan"]["parameters"]["properties"]["steps"]
    listed = steps["items"]["properties"]["operation"]["description"].splitlines()
    for entry in PUBLIC:
        if entry.kind == "operation":
            assert entry.name not in by_name
            assert signature(entry) in listed


def test_a_call_of_an_operation_by_its_own_name_is_understood_as_a_change(functions: Functions) -> None:
    operations = {entry.name for entry in PUBLIC if entry.kind == "operation"}
    assert operations <= functions.changes
    assert operations == functions.operations.keys()


def test_a_call_of_a_tool_that_the_instructions_make_needless_is_understood_as_a_read(functions: Functions) -> None:
    offered_names = {one["function"]["name"] for one in functions.openai}
    for asked in (functions, functions.for_reading()):
        assert not SAID_IN_INSTRUCTIONS & offered_names
        assert asked.reads >= SAID_IN_INSTRUCTIONS
        assert {one["function"]["name"] for one in asked.unoffered} >= SAID_IN_INSTRUCTIONS


def test_rest_lists_everything_with_whole_schemas() -> None:
    listed = {one.function.name: one.function for one in ToolList.of(offered().values()).items}
    assert {entry.name for entry in PUBLIC} | {"propose_plan", "propose_undo"} == listed.keys()
    for entry in PUBLIC:
        assert (listed[entry.name].description, listed[entry.name].parameters) == (entry.description, entry.parameters)
