"""What the sandbox's model does not understand of a question it says, and names what it answers instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply
from services.orchestrator.turns.functions.offered import offered

SYSTEM = {
    "role": "system",
    "content": "Account: 123456789012\nCaller: arn:aws:iam::123456789012:user/ada\nRegion: us-east-1",
}
_OFFERED = [entry.openai()["function"] for entry in offered().values()]
SCHEMAS = {one["name"]: one["parameters"] for one in _OFFERED}
OFFER = Offer(SCHEMAS, {one["name"]: one["description"] for one in _OFFERED})

BUCKET = {
    "bucket_name": "lake-1",
    "region": "us-west-2",
    "created_at": "2025-01-01",
    "size_bytes": 7,
    "object_count": 2,
}
ROLE = {"role_name": "OpsRole", "arn": "arn:aws:iam::123456789012:role/OpsRole", "created_at": "2026-01-01"}
INSTANCES = [
    {"instance_id": "i-0abc12345", "name": "web-1", "state": "running", "region": "us-east-1"}
    | {"instance_type": "t3.micro", "public_ip": "192.0.2.1"},
    {"instance_id": "i-0def12345", "name": None, "state": "stopped", "region": "eu-west-1"},
]
FUNCTIONS = [
    {"function_name": "f-1", "region": "us-east-1", "runtime": "python3.12", "role_arn": ROLE["arn"]},
    {"function_name": "f-2", "region": "us-east-1", "runtime": "nodejs20.x", "role_arn": "arn:aws:iam::1:role/x"},
]
RESULTS: dict[str, dict[str, Any]] = {
    "list_s3_buckets": {"buckets": [BUCKET], "bucket_count": 1},
    "get_s3_bucket_sizes": {"buckets": [BUCKET], "total_bytes": 7},
    "get_s3_usage": {"buckets": [BUCKET], "total_bytes": 7, "total_objects": 2, "bucket_count": 1},
    "count_s3_objects": {"bucket_name": "lake-1", "object_count": 2, "size_bytes": 7},
    "list_ec2_instances": {"instances": INSTANCES, "instance_count": 2},
    "list_lambda_functions": {"functions": FUNCTIONS, "function_count": 2},
    "list_iam_roles": {"roles": [ROLE], "role_count": 1},
    "describe_iam_role": ROLE | {"trust_policy": {"Statement": []}},
    "get_caller_identity": {"account": "123456789012", "arn": "arn:aws:sts::123456789012:assumed-role/OpsRole/info"},
    "get_cost_summary": {
        "start": "2026-11-01",
        "end": "2026-11-26",
        "total": "42",
        "by_service": [{"service": "Amazon Elastic Compute Cloud - Compute", "amount": "30"}],
    },
}


def ask(text: str, offer: Offer = OFFER) -> tuple[list[tuple[str, dict[str, Any]]], str]:
    """The calls the model makes for a question, and its answer to their results."""
    messages: list[dict[str, Any]] = [SYSTEM, {"role": "user", "content": text}]
    made: list[tuple[str, dict[str, Any]]] = []
    for _ in range(4):
        reply = next_reply(messages, offer)
        if not reply.calls or any(call.name not in RESULTS for call in reply.calls):
            return [*made, *((call.name, call.arguments) for call in reply.calls)], reply.text
        calls, outputs = [], []
        for number, call in enumerate(reply.calls, len(made)):
            function = {"name": call.name, "arguments": json.dumps(call.arguments)}
            calls.append({"id": f"c{number}", "type": "function", "function": function})
            body = json.dumps({"status": "ok", "result": RESULTS[call.name]})
            outputs.append({"role": "tool", "tool_call_id": f"c{number}", "content": body})
        made += [(call.name, call.arguments) for call in reply.calls]
        messages += [{"role": "assistant", "content": None, "tool_calls": calls}, *outputs]
    raise AssertionError(f"never an answer to {text}")


BUCKETS, SIZES, USAGE, OBJECTS = "list_s3_buckets", "get_s3_bucket_sizes", "get_s3_usage", "count_s3_objects"
EC2, FUNCTION, ROLES, DESCRIBE = "list_ec2_instances", "list_lambda_functions", "list_iam_roles", "describe_iam_role"
COST, WHO = "get_cost_summary", "get_caller_identity"

NOT_UNDERSTOOD = [
    ("which buckets are public?", BUCKETS, "public"),
    ("which buckets are encrypted?", BUCKETS, "encrypted"),
    ("which buckets are without versioning?", BUCKETS, "without versioning"),
    ("which of my buckets have versioning turned on", BUCKETS, "versioning"),
    ("show me publicly accessible buckets", BUCKETS, "publicly accessible"),
    ("any buckets w/o encryption", BUCKETS, "without encryption"),
    ("buckets with a lifecycle policy", BUCKETS, "with a lifecycle policy"),
    ("buckets tagged env=prod", BUCKETS, "tagged env=prod"),
    ("which buckets belong to team blue", BUCKETS, "blue"),
    ("which buckets were created this year", BUCKETS, "this year"),
    ("buckets not in eu-west-1", BUCKETS, "not in eu-west-1"),
    ("what is the biggest file in the bucket lake-1?", SIZES, "biggest file"),
    ("whats the largest object in bucket lake-1", SIZES, "largest object"),
    ("show the 10 largest files", SIZES, "largest files"),
    ("how much would it cost to store 1 TB", COST, "would it cost"),
    ("show stopped functions", FUNCTION, "stopped"),
    ("newest file in the bucket lake-1?", OBJECTS, "newest"),
    ("list files in bucket lake-1 modified yesterday", OBJECTS, "modified yesterday"),
    ("how many files are bigger than 1 MB in bucket lake-1", OBJECTS, "bigger than 1 MB"),
    ("how many pngs are there in the bucket lake-1", OBJECTS, "pngs"),
    ("total s3 usage in eu-west-1", USAGE, "eu-west-1"),
    ("how much glacier storage do i have", USAGE, "glacier"),
    ("what is the average object size", USAGE, "average"),
    ("median bucket size", SIZES, "median"),
    ("EC2 cost next week", COST, "next week"),
    ("how much did ec2 cost last week", COST, "last week"),
    ("what did we spend in october", COST, "in october"),
    ("s3 spend today", COST, "today"),
    ("how much will I pay next month", COST, "next month"),
    ("cost per user", COST, "per user"),
    ("what do I pay for lake-1", COST, "lake-1"),
    ("spend over the last 2 months", COST, "2 months"),
    ("what did I spend this year", COST, "this year"),
    ("which instances cost the most", COST, "which instances"),
    ("instances without tags", EC2, "without tags"),
    ("instances with tag Owner", EC2, "with tag Owner"),
    ("which instances are bigger than t3.large", EC2, "bigger than t3.large"),
    ("instances launched before 2026", EC2, "before 2026"),
    ("do i have gpu instances", EC2, "gpu"),
    ("which instances have ebs volumes attached", EC2, "ebs volumes"),
    ("instances not in us-east-1", EC2, "not in us-east-1"),
    ("biggest lambda function", FUNCTION, "biggest"),
    ("lambda functions older than 30 days", FUNCTION, "older than 30 days"),
    ("functions with deprecated runtimes", FUNCTION, "with deprecated"),
    ("which lambda failed yesterday", FUNCTION, "failed yesterday"),
    ("which roles have admin access", ROLES, "admin"),
    ("unused roles", ROLES, "unused"),
    ("which roles can be assumed by ec2", ROLES, "assumed by ec2"),
    ("roles older than a year", ROLES, "older than a year"),
    ("who owns the bucket lake-1?", SIZES, "who owns"),
    ("what is the second biggest bucket?", SIZES, "second biggest"),
    ("2nd largest bucket", SIZES, "2nd largest"),
    ("which buckets start with lake-?", BUCKETS, "start with lake"),
    ("which buckets end with logs?", BUCKETS, "end with logs"),
    ("which roles have AdministratorAccess?", ROLES, "AdministratorAccess"),
    ("what is the most expensive instance?", COST, "most expensive instance"),
]


@pytest.mark.parametrize(("text", "tool", "phrase"), NOT_UNDERSTOOD, ids=[one[0] for one in NOT_UNDERSTOOD])
def test_what_is_not_understood_is_said_with_what_is_answered_instead(text: str, tool: str, phrase: str) -> None:
    calls, answer = ask(text)
    assert [name for name, _ in calls] == [tool]
    first = answer.split("\n")[0]
    assert first.startswith("I did not understand “")
    assert f"“{phrase}”" in first
    assert "and left it out. This is " in first
    assert first.endswith(":")


UNDERSTOOD = [
    ("how many objects are in lake-1 under the prefix 2026", OBJECTS, {"bucket_name": "lake-1", "prefix": "2026"}),
    ("how many objects in lake-1 starting with 2026", OBJECTS, {"bucket_name": "lake-1", "prefix": "2026"}),
    ("what have I got running?", EC2, {"states": ["running"]}),
    ("what am I running?", EC2, {"states": ["running"]}),
    ("whats running right now", EC2, {"states": ["running"]}),
    ("what have i got running in eu-west-1", EC2, {"states": ["running"], "regions": ["eu-west-1"]}),
    ("how many instnces do I hav runing", EC2, {}),
    ("oldest bucket?", BUCKETS, {}),
    ("how many buckets are empty", SIZES, {}),
    ("show me bukets with no objects in em", SIZES, {}),
    ("whats teh size of the bucket lake-1", SIZES, {"bucket_names": ["lake-1"]}),
    ("top 3 biggest buckets", SIZES, {}),
    ("who can assume OpsRole", DESCRIBE, {"role_name": "OpsRole"}),
    ("how much did we spend last month", COST, {"period": "last_month"}),
    ("forecast of my costs", COST, {"forecast": True}),
    ("Don't delete anything, just list my buckets", BUCKETS, {}),
    ("give me all my IAM roles pls", ROLES, {}),
    ("do I not have any buckets?", BUCKETS, {}),
]


@pytest.mark.parametrize(("text", "tool", "arguments"), UNDERSTOOD, ids=[one[0] for one in UNDERSTOOD])
def test_what_is_understood_is_answered_without_a_word_about_it(
    text: str, tool: str, arguments: dict[str, Any]
) -> None:
    calls, answer = ask(text)
    assert [name for name, _ in calls] == [tool]
    assert arguments.items() <= calls[0][1].items()
    assert "understand" not in answer


def test_a_forecast_that_the_answer_does_not_hold_is_said_to_be_missing() -> None:
    assert "There is no forecast." in ask("forecast of my costs")[1]
    assert "forecast" not in ask("how much did we spend last month")[1]


def test_instances_without_a_name_tag_are_told_apart() -> None:
    for text in ("list instances without a Name tag", "unnamed instances"):
        _, answer = ask(text)
        assert answer.startswith("1 EC2 instance without a Name tag, of 2:")
        assert "web-1" not in answer


def test_instances_are_told_apart_by_type_and_public_address() -> None:
    assert ask("which instances are t3.micro?")[1].startswith("1 EC2 instance of type t3.micro, of 2:")
    assert ask("any m5.large instances?")[1].startswith("0 EC2 instances of type m5.large, of 2.")
    _, answer = ask("which instances have a public IP?")
    assert answer.startswith("1 EC2 instance with a public IP, of 2:")
    assert "i-0def12345" not in answer


def test_functions_are_told_apart_by_runtime_and_role() -> None:
    assert "f-2" not in ask("lambda functions using python 3.12")[1]
    assert ask("lambda functions using python 3.8")[1].startswith("0 Lambda functions with runtime python3.8.")
    assert "f-2" not in ask("list functions that use the role OpsRole")[1]


def test_the_cost_of_one_service_is_named() -> None:
    assert "Of this Amazon Elastic Compute Cloud - Compute: 30" in ask("how much does EC2 cost?")[1]
    assert "No cost is listed for Lambda." in ask("how much does lambda cost?")[1]
    assert [arguments for _, arguments in ask("compare the costs of this month and last month")[0]] == [
        {"period": "month_to_date"} if "period" in SCHEMAS[COST].get("required", []) else {},
        {"period": "last_month"},
    ]


def test_who_am_i_names_the_person_and_then_the_agent() -> None:
    _, answer = ask("who am I?")
    assert answer.startswith("You are arn:aws:iam::123456789012:user/ada in the AWS account 123456789012.")
    assert "The agent that reads for you works as arn:aws:sts::123456789012:assumed-role/OpsRole/info" in answer


NOT_DONE = [
    "delete all stopped instances",
    "terminate i-0abc12345",
    "stop the instance web-1",
    "delete all objects in the bucket lake-1",
    "delete the file a.txt from the bucket lake-1",
    "delete everything in the bucket lake-1",
    "empty the bucket lake-1",
    "remove versioning on the lake-1 bucket",
    "remove encryption from the bucket lake-1",
    "delete the trust policy of OpsRole",
]


@pytest.mark.parametrize("text", NOT_DONE)
def test_a_change_that_no_operation_makes_is_refused_in_its_own_words(text: str) -> None:
    calls, answer = ask(text)
    assert calls == []
    assert answer.startswith("I can't do that here (“")


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("create an encrypted bucket named b-1", "encrypted"),
        ("create a bucket b-1 with versioning enabled", "with versioning enabled"),
        ("make a private bucket called b-1", "private"),
        ("create an s3 bucket b-1 tagged env=prod", "tagged"),
        ("make a bucket b-1 with a lifecycle rule", "with a lifecycle rule"),
        ("create a role ci-role with a permissions boundary", "with a permissions boundary"),
        ("make a lambda function fn-1 with 512 MB of memory using role OpsRole", "memory"),
    ],
)
def test_a_plan_never_leaves_out_what_was_asked_for(text: str, phrase: str) -> None:
    calls, answer = ask(text)
    assert not [name for name, _ in calls if name.startswith(("create", "propose"))]
    assert f"“{phrase}”" in answer
    assert "I propose nothing" in answer


@pytest.mark.parametrize("text", ["create a bucket named public-site-1", "make a bucket called encrypted-logs"])
def test_a_name_may_say_anything(text: str) -> None:
    assert [name for name, _ in ask(text)[0]] == ["create_s3_bucket"]


@pytest.mark.parametrize(
    "text",
    [
        "Wie viele Buckets habe ich?",
        "Zeig mir alle meine Rollen",
        "Lösche den Bucket lake-1 bitte",
        "Quels sont mes buckets S3 ?",
        "combien coûte mon compte ce mois-ci ?",
        "¿Cuántos buckets tengo?",
        "バケットはいくつありますか",
    ],
)
def test_another_language_is_answered_with_english_only(text: str) -> None:
    calls, answer = ask(text)
    assert calls == []
    assert answer.startswith("I understand English only")


def test_english_with_foreign_names_is_english() -> None:
    assert [name for name, _ in ask("How big is the bucket die-daten in São Paulo?")[0]] == [SIZES]
    assert [name for name, _ in ask("list buckets in Zürich, please")[0]] == [BUCKETS]


TEXT = {"type": "string"}
FIND_OWNER = {"type": "object", "properties": {"resource_name": TEXT}, "required": ["resource_name"]}
QUOTA = {"type": "object", "properties": {"service": TEXT, "code": TEXT}, "required": ["service", "code"]}
SEARCH = {"type": "object", "properties": {"text": TEXT}, "required": ["text"]}
MORE = Offer(
    SCHEMAS | {"find_owner": FIND_OWNER, "get_quota": QUOTA, "search_saved_notes": SEARCH, "list_sqs_queues": {}},
    {"get_quota": "The quota of a service.", "list_sqs_queues": "List the SQS queues."},
)


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("Which SQS queues do I have?", ("list_sqs_queues", {})),
        ("find the owner of lake-1", ("find_owner", {"resource_name": "lake-1"})),
        (
            "search the saved notes for tags",
            ("search_saved_notes", {"text": "search the saved notes for tags"}),
        ),
        ("Which instances do I have?", (EC2, {})),
    ],
)
def test_a_tool_that_no_file_declares_is_called_for_its_own_words(text: str, call: tuple[str, dict[str, Any]]) -> None:
    assert ask(text, MORE)[0][:1] == [call]


def test_a_tool_whose_arguments_are_not_known_is_named_with_what_it_needs() -> None:
    calls, answer = ask("what is my quota for buckets?", MORE)
    assert calls == []
    assert "get_quota (The quota of a service). It needs service and code" in answer
