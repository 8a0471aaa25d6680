"""The sandbox's model has policies compared and denials explained, and answers from what comes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply

NARROW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
WIDE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
ANN = "arn:aws:iam::123456789012:user/ann"
DENIED = f"User: {ANN} is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/new"
SYSTEM = {
    "role": "system",
    "content": f"You are AWS Assistant.\nAccount: 123456789012\nCaller: {ANN}\nRegion: us-east-1",
}

TEXT = {"type": "string"}
OFFER = Offer(
    {
        name: {"type": "object", "properties": dict.fromkeys(arguments, TEXT), "required": list(arguments)}
        for name, arguments in {
            "compare_policies": ("before_json", "after_json"),
            "explain_denied": ("message",),
            "explain_policy_with_claude": ("policy_json",),
            "validate_policy": ("policy_json",),
            "optimize_policy": ("policy_json", "intent"),
        }.items()
    }
)


def ask(text: str, offer: Offer = OFFER) -> Any:
    return next_reply([SYSTEM, {"role": "user", "content": text}], offer)


def answered(question: str, tool: str, result: dict[str, Any]) -> str:
    [asked] = ask(question).calls
    call = {"id": "c1", "type": "function", "function": {"name": tool, "arguments": json.dumps(asked.arguments)}}
    body = {"status": "ok", "result": result, "complete": True, "gaps": []}
    messages = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps(body)},
    ]
    text: str = next_reply(messages, OFFER).text
    return text


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ("Is this policy {0} narrower than that one {1}?", 1, 0),
        ("Is this policy narrower than that one?\n{0}\n\n{1}", 1, 0),
        ("Is the first of these a subset of the second? {0} {1}", 1, 0),
        ("Compare these two policies:\n```json\n{0}\n```\n```json\n{1}\n```", 0, 1),
        ("Before: {0}\nAfter: {1}\nDoes it grant anything new?", 0, 1),
        ("Did I widen it? {0} became {1}", 0, 1),
        ("Which of them is more permissive, {0} or {1}?", 0, 1),
    ],
)
def test_two_policies_are_compared_the_way_round_that_is_asked(words: str, before: int, after: int) -> None:
    both = (json.dumps(NARROW), json.dumps(WIDE))
    [call] = ask(words.format(*both)).calls
    assert call.name == "compare_policies"
    assert [json.loads(call.arguments[name]) for name in ("before_json", "after_json")] == [
        json.loads(both[number]) for number in (before, after)
    ]


@pytest.mark.parametrize("words", ["Make these narrower: {0} {1}", "Explain {0} and {1}"])
def test_two_policies_may_be_meant_for_something_else(words: str) -> None:
    calls = ask(words.format(json.dumps(NARROW), json.dumps(WIDE))).calls
    assert "compare_policies" not in {call.name for call in calls}
    assert len(calls) == 2


@pytest.mark.parametrize(
    "words",
    ["Why was I denied: {}", "Why did I get this?\n{}", "{}", "What does this error mean: {}", "And why this? {}"],
)
def test_what_aws_said_is_passed_on_and_orders_nothing(words: str) -> None:
    for message in (DENIED, "An error occurred (AccessDenied) when calling the CreateBucket operation: Access Denied"):
        [call] = ask(words.format(message)).calls
        assert (call.name, call.arguments) == ("explain_denied", {"message": message})


def test_an_error_body_is_passed_on_whole() -> None:
    body = json.dumps({"__type": "AccessDeniedException", "Message": DENIED})
    [call] = ask(f"Why was I denied: {body}").calls
    assert call.arguments == {"message": body}


def test_a_denial_that_is_not_quoted_is_asked_for() -> None:
    reply = ask("Why was I denied?")
    assert reply.calls == ()
    assert "paste what AWS said" in reply.text


def test_a_verdict_is_told_with_its_example() -> None:
    text = answered(
        f"Is it wider? {json.dumps(NARROW)} {json.dumps(WIDE)}",
        "compare_policies",
        {
            "grants_nothing_new": False,
            "summary": "The second policy allows something new: s3:PutObject.",
            "example": {"notes": ["AWS documents no such resource."]},
        },
    )
    assert "grant nothing new? No." in text
    assert "s3:PutObject" in text
    assert "AWS documents no such resource." in text


def test_a_denial_is_told_with_what_it_does_not_show() -> None:
    text = answered(
        f"Why was I denied: {DENIED}",
        "explain_denied",
        {
            "is_denial": True,
            "meaning": ["An Allow is missing."],
            "allowing_policy": NARROW,
            "allowing_policy_goes_to": "an identity-based policy of the caller",
            "not_shown": ["which policy it was"],
            "look_up": [{"tool": "read_aws", "arguments": {"service": "iam", "operation": "GetUser"}, "shows": "it"}],
            "reviewed": False,
            "reason_not_reviewed": "Bedrock is away",
        },
    )
    for part in (
        "An Allow is missing.",
        "s3:GetObject",
        "which policy it was",
        "read_aws iam:GetUser",
        "Bedrock is away",
    ):
        assert part in text


def test_who_the_user_is_is_told_from_the_instructions_where_no_function_tells_it() -> None:
    reply = ask("Who am I?")
    assert reply.calls == ()
    assert reply.text == f"You are {ANN} in the AWS account 123456789012."
