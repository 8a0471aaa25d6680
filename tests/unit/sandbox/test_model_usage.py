"""Questions about costs, changes and everything there is: what the model calls, and how it tells the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply
from shared.catalog import CATALOG

OFFER = Offer({entry.name: entry.parameters for entry in CATALOG if not entry.internal})
SYSTEM = {"role": "system", "content": "Account: 123456789012\nRegion: us-east-1"}
ERRORS = "?ERROR ?Error ?Exception ?Task"


def calls_of(said: str) -> list[tuple[str, dict[str, Any]]]:
    reply = next_reply([SYSTEM, {"role": "user", "content": said}], OFFER)
    return [(call.name, call.arguments) for call in reply.calls]


def answer_to(said: str, result: dict[str, Any], *gaps: dict[str, Any]) -> str:
    """The model's answer, where its only call gets this result."""
    ((name, arguments),) = calls_of(said)
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    body = {"status": "ok", "result": result, "gaps": gaps, "complete": not gaps}
    messages: list[dict[str, Any]] = [
        SYSTEM,
        {"role": "user", "content": said},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps(body)},
    ]
    return next_reply(messages, OFFER).text


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("What did it cost?", {}),
        ("What did we spend by region last month?", {"period": "last_month", "group_by": "region"}),
        ("Cost by Environment tag", {"group_by": "tag", "tag_key": "Environment"}),
        ("How did my costs change compared to last month?", {"compare": True}),
        ("What is the forecast for my bill?", {"forecast": True}),
        ("What did I spend yesterday?", {"period": "yesterday"}),
        ("Costs per day for the last 7 days", {"period": "last_7_days", "by_day": True}),
        ("cost per account", {"group_by": "account"}),
    ],
)
def test_costs_are_asked_for_as_they_are_to_be_broken_down(said: str, arguments: dict[str, Any]) -> None:
    assert calls_of(said) == [("get_cost_summary", arguments)]


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("Who changed the function order-notifier?", {"resource": "order-notifier"}),
        ("who deleted the bucket acme-old in the last 7 days?", {"resource": "acme-old", "since": "7 days"}),
        ("What changed in IAM since yesterday?", {"service": "iam", "since": "yesterday"}),
        ("Who stopped i-0abc12345678?", {"resource": "i-0abc12345678"}),
        (
            "Who created arn:aws:iam::111122223333:role/web?",
            {"resource": "arn:aws:iam::111122223333:role/web"},
        ),
    ],
)
def test_who_changed_is_asked_with_the_thing_and_the_time(said: str, arguments: dict[str, Any]) -> None:
    assert calls_of(said) == [("who_changed", arguments)]


EVENT = {
    "event_id": "e-1",
    "event_name": "UpdateFunctionCode20150331v2",
    "time": "2026-03-10T12:00:00Z",
    "region": "us-east-1",
    "caller": {"type": "AssumedRole", "name": "deploy", "session_name": "build-7", "invoked_by": None},
    "source_address": "203.0.113.7",
    "error_code": None,
}


def test_a_change_is_told_with_its_caller_time_and_event() -> None:
    result = {"verdict": "found", "searched_for": ["notifier"], "events": [EVENT], "event_count": 1}
    said = answer_to("Who changed the function notifier?", result)
    assert "UpdateFunctionCode20150331v2 at 2026-03-10 12:00:00 UTC by the role deploy (session build-7)" in said
    assert "from 203.0.113.7 in us-east-1, event e-1" in said


def test_what_the_history_does_not_show_is_unknown_and_not_nobody() -> None:
    result = {"verdict": "unknown", "searched_for": ["notifier"], "events": [], "event_count": 0}
    said = answer_to("Who changed the function notifier?", result, {"code": "event_history_ends", "detail": "90 days"})
    assert "It is unknown who changed notifier" in said
    assert "does not mean that nobody did" in said
    assert "90 days" in said


def test_a_comparison_and_a_forecast_are_told_as_what_they_are() -> None:
    result = {
        "start": "2026-03-01", "end": "2026-03-11", "currency": "USD", "total": "11", "estimated": True,
        "by_service": [{"service": "EC2", "amount": "11"}],
        "comparison": {
            "start": "2026-02-01", "end": "2026-02-11", "total": "10", "change": "1", "change_percent": "10.0",
            "largest_changes": [{"name": "EC2", "before": "10", "now": "11", "change": "1"}],
        },
        "forecast": {"start": "2026-03-11", "end": "2026-04-01", "amount": "21", "low": "19", "high": "23"},
        "charged_usd": "0.03",
    }  # fmt: skip
    said = answer_to("How did my costs change compared to last month, and what is the forecast?", result)
    assert "it was 10 USD, a change of 1 USD (10.0 %)" in said
    assert "EC2: 1 USD (from 10 to 11)" in said
    assert "Forecast by AWS, which is no cost yet: 21 USD" in said
    assert "AWS charges 0.03 USD" in said


def test_what_needs_attention_is_told_with_its_examples() -> None:
    volumes = {
        "service": "ec2", "resource": "volumes", "count": 3, "by_region": {"us-east-1": 3},
        "attention": [{"what": "unattached", "count": 7, "examples": ["vol-1 (us-east-1)"]}],
    }  # fmt: skip
    said = answer_to("What needs attention in my account?", {"services": [volumes]})
    assert "ec2 volumes: 7 unattached: vol-1 (us-east-1) and 6 more" in said
    assert "ec2 volumes: 3 (us-east-1 3)" in said


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("Why did my function order-notifier fail?", {"log_group": "/aws/lambda/order-notifier", "pattern": ERRORS}),
        ("Show me the logs of /aws/ecs/shop for the last 2 hours", {"log_group": "/aws/ecs/shop", "since": "2 hours"}),
        ("Why did my function fail?", {"log_group": "/aws/lambda/", "pattern": ERRORS}),
    ],
)
def test_a_failure_is_looked_up_in_the_logs(said: str, arguments: dict[str, Any]) -> None:
    assert calls_of(said) == [("read_logs", arguments)]


def test_a_grant_that_is_needed_is_shown_as_it_is_to_be_sent() -> None:
    offer = {"operation": "read_logs", "resource": "arn:aws:logs:x", "expires_in": 3600, "max_uses": 20}
    said = answer_to(
        "Why did my function notifier fail?",
        {"status": "grant_needed", "log_group": "/aws/lambda/notifier", "region": "eu-west-1", "grant_needed": offer},
    )
    assert "POST /v1/grants" in said
    assert json.dumps(offer) in said


def test_the_newest_line_tells_why() -> None:
    line = {"time": "2026-03-10T12:00:00Z", "stream": "s", "text": "ERROR no table\n  at handler"}
    said = answer_to(
        "Why did my function notifier fail?",
        {"status": "read", "log_group": "/aws/lambda/notifier", "region": "eu-west-1", "lines": [line], "redacted": 1},
    )
    assert "says: ERROR no table" in said
    assert "removed from 1 line" in said
