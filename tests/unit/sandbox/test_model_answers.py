"""The sandbox's model answers from tool results alone, with their exact figures, and says what is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply


def answer(question: str, tool: str, body: dict[str, Any], arguments: dict[str, Any] | None = None) -> str:
    """The model's answer once a tool's message with this body is there."""
    call = {"id": "c1", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments or {})}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps(body)},
    ]
    reply = next_reply(messages, Offer({tool: {}}))
    assert reply.calls == ()
    return reply.text


def ok(**result: Any) -> dict[str, Any]:
    return {"status": "ok", "result": result, "complete": True, "gaps": []}


def bucket(name: str, size: int, count: int) -> dict[str, Any]:
    return {
        "bucket_name": name,
        "region": "eu-west-1",
        "size_bytes": size,
        "size_human": f"{size} B",
        "object_count": count,
    }


BUCKETS = [bucket("big-one", 5_000, 3), bucket("small-one", 70, 9), bucket("void", 0, 0)]
SIZES = ok(
    buckets=BUCKETS, bucket_count=3, total_bytes=5_070, total_human="5.0 KiB", method="listing", as_of="2026-01-02"
)


def test_a_total_gives_bytes_and_human_form_and_how_it_was_measured() -> None:
    body = ok(total_bytes=5_070, total_human="5.0 KiB", total_objects=12, bucket_count=3, buckets=BUCKETS,
              method="listing", as_of="2026-01-02T03:04:05Z")  # fmt: skip
    text = answer("What is my total S3 usage?", "get_s3_usage", body)
    assert "5.0 KiB (5070 bytes): 12 objects in 3 buckets" in text
    assert "Measured by listing, as of 2026-01-02T03:04:05Z" in text


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Which bucket is the biggest?", "The largest is big-one with 5000 bytes."),
        ("Which bucket is the smallest?", "The smallest is void with 0 bytes."),
        ("Which bucket has the most objects?", "The one with the most objects is small-one with 9 objects."),
        ("Do I have empty buckets?", "Empty: void."),
        ("Which buckets are larger than 1 KB?", "larger than 1 KB: big-one."),
        ("How big is each bucket?", "small-one (eu-west-1): 70 bytes, 9 objects"),
    ],
)
def test_sizes_are_led_by_what_was_asked(question: str, sentence: str) -> None:
    assert sentence in answer(question, "get_s3_bucket_sizes", SIZES)


def test_an_account_without_anything_is_an_answer_too() -> None:
    nothing = ok(instances=[], instance_count=0, by_state={}, by_region={}, regions_searched=["us-east-1", "eu-west-1"])
    text = answer("Do I have any EC2 instances?", "list_ec2_instances", nothing)
    assert "no EC2 instances" in text
    assert "Regions searched: us-east-1, eu-west-1" in text


def test_gaps_are_told() -> None:
    body = ok(functions=[], function_count=0, regions_searched=["us-east-1"])
    gap = {"region": "eu-west-1", "code": "access_denied", "detail": "lambda:ListFunctions is not allowed"}
    text = answer("List my Lambda functions", "list_lambda_functions", body | {"complete": False, "gaps": [gap]})
    assert "This answer is incomplete" in text
    assert "eu-west-1: lambda:ListFunctions is not allowed" in text


def test_a_roles_answer_names_who_may_assume_it_and_its_policies() -> None:
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    policy = {"policy_name": "AmazonS3FullAccess", "policy_arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}
    inline = {"policy_name": "own", "document": {"Statement": []}}
    body = ok(role_name="app", arn="arn:aws:iam::1:role/app", trust_policy=trust, attached_policies=[policy],
              inline_policies=[inline])  # fmt: skip
    text = answer("Describe the role app", "describe_iam_role", body, {"role_name": "app"})
    assert "May be assumed by: ec2.amazonaws.com" in text
    assert "Attached policies (1): AmazonS3FullAccess" in text
    assert "Inline policies (1): own" in text


def test_costs_keep_their_decimals() -> None:
    services = [{"service": "Amazon EC2", "amount": "10.5001"}, {"service": "AWS Lambda", "amount": "0.0002"}]
    body = ok(
        start="2026-01-01", end="2026-02-01", currency="USD", total="10.5003", by_service=services, estimated=True
    )
    text = answer("What did I spend this month?", "get_cost_summary", body)
    assert "you spent 10.5003 USD (an estimate" in text
    assert "AWS Lambda: 0.0002 USD" in text


def test_an_explained_policy_passes_on_findings_and_that_nobody_reviewed_it() -> None:
    body = ok(
        summary="Allows everything in S3.",
        statements=[{"sid": "A", "effect": "Allow", "explanation": "All of S3."}],
        risks=[{"severity": "high", "title": "Wide", "detail": "Any bucket."}],
        recommendations=["Name the bucket."],
        suggested_policy={"Version": "2012-10-17"},
        reviewed=False,
        reason_not_reviewed="Bedrock is off",
        findings=[{"code": "WILDCARD", "severity": "high", "message": "s3:* on *"}],
    )
    document = '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
    arguments = {"policy_json": json.dumps(json.loads(document))}
    text = answer(f"Explain {document}", "explain_policy_with_claude", body, arguments)
    for part in (
        "Allows everything in S3.",
        "All of S3.",
        "Any bucket.",
        "Name the bucket.",
        "WILDCARD",
        "Bedrock is off",
    ):
        assert part in text


def test_an_error_is_reported_with_its_detail() -> None:
    error = {"status": "error", "error": {"code": "access_denied", "detail": "s3:ListAllMyBuckets is not allowed"}}
    text = answer("List my buckets", "list_s3_buckets", error)
    assert "s3:ListAllMyBuckets is not allowed (access_denied)" in text


def plan(status: str, **more: Any) -> dict[str, Any]:
    step = {"id": "s1", "operation": "create_s3_bucket", "arguments": {"bucket_name": "acme-1", "region": "us-east-1"},
            "status": status}  # fmt: skip
    return {"plan": {"plan_id": "p1", "status": status, "goal": "Create it", "steps": [step | more], "findings": []}}


WISH = "Create a bucket named acme-1 in us-east-1"
ARGUMENTS = {"bucket_name": "acme-1", "region": "us-east-1"}


def test_a_done_plan_names_what_was_made_and_passes_on_the_review() -> None:
    result = {"bucket_name": "acme-1", "arn": "arn:aws:s3:::acme-1", "region": "us-east-1"}
    body = plan("done", result=result)
    body["plan"]["review"] = {"verdict": "concerns", "summary": "Wide.", "suggestions": ["Block public access."]}
    body["plan"]["review"]["suggested_policy"] = {"Version": "2012-10-17", "Statement": []}
    text = answer(WISH, "create_s3_bucket", body, ARGUMENTS)
    assert "Created the bucket acme-1 in us-east-1 (arn:aws:s3:::acme-1)" in text
    assert "Wide." in text
    assert "Block public access." in text
    assert "A narrower policy" in text


@pytest.mark.parametrize("status", ["rejected", "expired", "failed", "in_doubt", "undone", "cancelled"])
def test_a_plan_that_is_not_done_is_never_told_as_done(status: str) -> None:
    error = {"code": "bucket_exists", "detail": "the name is taken"}
    text = answer(WISH, "create_s3_bucket", plan(status, error=error), ARGUMENTS)
    assert "Created" not in text
    assert "Done" not in text
    assert "create_s3_bucket acme-1" in text
    assert "the name is taken" in text


def test_a_result_that_was_cut_still_gives_its_totals() -> None:
    body = ok(buckets=[{"bucket_name": "a-1"}, "… (998 more)"], bucket_count=999)
    assert "999 S3 buckets" in answer("List my buckets", "list_s3_buckets", body)


def test_an_unreadable_tool_message_breaks_nothing() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "List my buckets"},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "list_s3_buckets", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "<html>oops"},
    ]  # fmt: skip
    assert next_reply(messages, Offer({"list_s3_buckets": {}})).calls == ()
