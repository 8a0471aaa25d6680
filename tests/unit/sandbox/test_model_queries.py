"""The sandbox's model computes over long lists: it asks a query where a question ranks, filters or counts by kind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply
from sandbox.model.questions.by_query import subject_of
from sandbox.model.types import Reply

OFFER = Offer({name: {} for name in ("list_iam_roles", "read_aws", "search_aws_operations", "query_result")})
COLUMNS = dict.fromkeys(("VolumeId", "Size", "Encrypted", "Attachments", "CreateTime", "Tags.Name", "_region"), "text")
SYSTEM = {"role": "system", "content": "Account: 123456789012\nRegion: us-east-1"}
ROLES = [{"role_name": f"role-{number}", "created_at": f"2026-01-{number:02}T00:00:00Z"} for number in range(1, 31)]


def reply(question: str, *outcomes: tuple[str, dict[str, Any], dict[str, Any]]) -> Reply:
    """The model's next message after these calls and their bodies."""
    messages: list[dict[str, Any]] = [SYSTEM, {"role": "user", "content": question}]
    for number, (name, arguments, body) in enumerate(outcomes):
        function = {"name": name, "arguments": json.dumps(arguments)}
        calls = [{"id": f"c{number}", "type": "function", "function": function}]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(body)})
    return next_reply(messages, OFFER)


def listed(rows: int = 5000) -> tuple[str, dict[str, Any], dict[str, Any]]:
    table = {"list": "rows", "rows": rows, "columns": COLUMNS}
    body = {"status": "ok", "result": {"rows": [], "row_count": rows}, "result_ref": "res_info_x", "table": table}
    return "list_iam_roles", {}, body


SELECTED = ["VolumeId", "Size", "Tags.Name", "_region"]


@pytest.mark.parametrize(
    ("question", "query"),
    [
        (
            "Which 10 roles are the largest and unattached?",
            {
                "where": [{"column": "Attachments", "op": "is_empty"}],
                "sort": [{"column": "Size", "descending": True}],
                "limit": 10,
                "select": SELECTED,
            },
        ),
        (
            "Show me the three smallest unencrypted roles",
            {
                "where": [{"column": "Encrypted", "op": "=", "value": False}],
                "sort": [{"column": "Size", "descending": False}],
                "limit": 3,
                "select": SELECTED,
            },
        ),
        (
            "Which is the oldest role?",
            {
                "sort": [{"column": "CreateTime", "descending": False}],
                "limit": 1,
                "select": ["VolumeId", "CreateTime", "Tags.Name", "_region"],
            },
        ),
        (
            "How many roles are there per region?",
            {"group_by": ["_region"], "sort": [{"column": "count", "descending": True}]},
        ),
    ],
)
def test_a_question_over_a_long_list_becomes_a_query(question: str, query: dict[str, Any]) -> None:
    made = reply(question, listed())
    assert [(call.name, call.arguments) for call in made.calls] == [("query_result", {"ref": "res_info_x", **query})]


def test_the_answer_is_what_was_computed_and_not_the_list() -> None:
    body = {"status": "ok", "result": {"roles": ROLES, "role_count": 30}, "result_ref": "res_info_y"}
    asked = reply("Which 2 roles are the newest?", ("list_iam_roles", {}, body))
    assert [call.name for call in asked.calls] == ["query_result"]
    assert asked.calls[0].arguments["sort"] == [{"column": "created_at", "descending": True}]
    result = {"rows": ROLES[:-3:-1], "matched": 30, "searched": 30, "tied_rows_left_out": 1}
    told = reply(
        "Which 2 roles are the newest?",
        ("list_iam_roles", {}, body),
        ("query_result", asked.calls[0].arguments, {"status": "ok", "result": result}),
    )
    assert told.calls == ()
    assert "2 of 30 that fit (30 in all):\n\n- role-30" in told.text
    assert "1 more row would stand in the same place" in told.text
    assert "role-28" not in told.text
    assert "did not understand" not in told.text


def test_a_short_list_needs_no_query() -> None:
    body = {"status": "ok", "result": {"roles": ROLES[:5], "role_count": 5}}
    assert reply("Which is the newest role?", ("list_iam_roles", {}, body)).calls == ()


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("Which 10 EBS volumes are the largest and unattached?", "List EBS volumes"),
        ("How many log groups are there per region?", "List log groups"),
        ("Show my 3 queues", "Show my 3 queues"),
        ("Which queues do I have?", "Which queues do I have?"),
    ],
)
def test_a_search_is_for_the_things_and_not_for_their_order(question: str, subject: str) -> None:
    assert subject_of(question) == subject
