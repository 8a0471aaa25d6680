"""What results cover: told to the model as columns, to the person as what is missing, whatever the model says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.orchestrator.turns.context.coverage import gaps_note, table_of
from services.orchestrator.turns.context.prompt import read_tool_output
from services.orchestrator.workers.view import ErrorAnswer, ToolStep
from shared.messages import Column, Coverage, Gap, Overview
from tests.fakes.openai_server import OpenAIServer, call, say
from tests.fakes.workers import FakeDispatcher
from tests.unit.orchestrator.turns.conftest import Ask

DENIED = Gap(code="aws_access_denied", detail="not allowed: ec2:DescribeInstances", region="eu-west-1")


def step(*gaps: Gap, tool: str = "list_ec2_instances", **fields: Any) -> ToolStep:
    about: dict[str, Any] = {
        "arguments": {},
        "status": "ok",
        "result": {},
        "region": None,
        "gaps": list(gaps),
        **fields,
    }
    return ToolStep(agent="info", tool=tool, started_at=1.0, duration_ms=1, complete=not gaps, **about)


def failed(code: str, detail: str = "no", tool: str = "list_iam_roles") -> ToolStep:
    return step(tool=tool, status="error", error=ErrorAnswer(code=code, detail=detail, retryable=False))


@pytest.mark.parametrize(
    "answer",
    [
        "You have 2 instances. I could not look in eu-west-1.",
        "You have 2 instances (eu-west-1 is missing: access was denied).",
        "2 instances; `aws_access_denied` for one region.",
        "2 instances. Not allowed: ec2:DescribeInstances, so one region is left out.",
    ],
)
def test_a_gap_that_the_answer_names_is_not_repeated(answer: str) -> None:
    assert gaps_note([step(DENIED)], answer) == ""


@pytest.mark.parametrize(
    "answer", ["You have 2 instances.", "eu-west-1 has 2 instances.", "Du hast 2 Instanzen in eu-west-1.", ""]
)
def test_a_gap_that_the_answer_does_not_name_is_added(answer: str) -> None:
    assert gaps_note([step(DENIED)], answer) == (
        "\n\nNot covered by this answer:\n- eu-west-1: not allowed: ec2:DescribeInstances (`aws_access_denied`)"
    )


def test_the_same_failure_in_many_places_is_one_line() -> None:
    gaps = [
        Gap(code="throttled", detail=f"r-{n} was too busy", region=f"r-{n}", account="111122223333") for n in range(20)
    ]
    note = gaps_note([step(*gaps)], "All is well.")
    assert note.count("\n- ") == 1
    assert "r-0 111122223333, r-1 111122223333" in note
    assert "and 12 more: r-0 was too busy (`throttled`)" in note


def test_many_kinds_of_failures_are_told_up_to_a_number() -> None:
    gaps = [Gap(code=f"code_{chr(97 + n)}", detail="x", resource=f"b{n}") for n in range(20)]
    note = gaps_note([step(*gaps)], "")
    assert note.endswith("- 8 more; `gaps` of the turn's steps has all")


def test_a_gap_of_a_result_that_was_computed_over_is_told_once() -> None:
    assert gaps_note([step(DENIED), step(DENIED, tool="query_result")], "").count("\n- ") == 1


def test_a_call_that_was_made_again_and_covered_all_leaves_no_gap() -> None:
    assert gaps_note([step(DENIED), step()], "2 instances") == ""
    assert gaps_note([step(DENIED), step(arguments={"regions": ["us-east-1"]})], "2 instances") != ""


def test_a_call_that_aws_did_not_answer_is_missing_and_one_with_wrong_arguments_is_not() -> None:
    assert gaps_note([failed("aws_access_denied", "may not list roles")], "You have 3 buckets.").endswith(
        "- list\\_iam\\_roles: may not list roles (`aws_access_denied`)"
    )
    assert gaps_note([failed("aws_access_denied", "may not list roles")], "I may not list roles.") == ""
    assert gaps_note([failed("invalid_arguments"), failed("unknown_column"), failed("role_not_found")], "") == ""


def test_what_somebody_named_makes_no_link_and_no_line_of_its_own() -> None:
    gap = Gap(
        code="x", detail="![a](http://evil.example/?q)\n# Heading\u202e <b>", resource="[click](http://evil.example)"
    )
    note = gaps_note([step(gap)], "")
    assert note.count("\n") == 3
    assert "![a]" not in note
    assert "[click](" not in note
    assert "\u202e" not in note
    assert "<b>" not in note.replace("\\<b\\>", "")


def test_a_table_says_its_columns_in_few_words() -> None:
    columns = (
        Column(name="Size", type="number", filled=9, examples=(8, 100)),
        Column(name="Tags.env", type="text", filled=3, examples=("prod",)),
        Column(name="Attachments", type="list", filled=9),
    )
    overview = Overview(rows="volumes", row_count=9, columns=columns, columns_left_out=2, other_lists={"regions": 3})
    assert table_of(overview) == {
        "list": "volumes",
        "rows": 9,
        "columns": {"Size": "number: 8, 100", "Tags.env": 'text in 3 rows: "prod"', "Attachments": "list"},
        "more_columns": 2,
        "other_lists": {"regions": 3},
    }


async def test_a_model_is_told_the_columns_of_a_long_list_and_where_all_of_it_is(
    ask: Ask, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    rows = [{"id": f"i-{number}", "size": number} for number in range(3000)]
    overview = Overview(rows="rows", row_count=3000, columns=(Column(name="size", type="number", filled=3000),))
    coverage = Coverage(count=3000, total=3000, regions=("eu-central-1",), accounts=("123456789012",), as_of=1.0)
    dispatcher.ok(
        "info",
        "list_ec2_instances",
        {"rows": rows, "total": 3000},
        result_ref="res_info_x",
        overview=overview,
        coverage=coverage,
        gaps=(DENIED,),
        complete=False,
    )
    model_server.replies += [call(("list_ec2_instances", "{}")), say("There are 3000.")]

    turn = await ask()

    [told] = [read_tool_output(one["content"]) for one in model_server.messages() if one["role"] == "tool"]
    assert told
    body = told[1]
    assert body["result_ref"] == "res_info_x"
    assert body["table"] == {"list": "rows", "rows": 3000, "columns": {"size": "number"}}
    assert len(json.dumps(body)) < 12_000
    assert body["result"]["total"] == 3000
    assert body["coverage"]["total"] == 3000
    assert "query_result computes over all of it" in body["cut"]
    # The person has all rows, and what the model did not say.
    assert len(turn.steps[0].result["rows"]) == 3000
    assert turn.answer == (
        "There are 3000.\n\nNot covered by this answer:\n"
        "- eu-west-1: not allowed: ec2:DescribeInstances (`aws_access_denied`)"
    )
    assert turn.messages[-1]["content"] == turn.answer
