"""The sandbox's model in a session of several accounts: which it asks, which it changes, and what it says of each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.accounts import reply
from sandbox.model.calls.offer import Offer

SYSTEM = """Account: 111122223333
Region: us-east-1

## Accounts
This session holds 3 accounts.
- 111122223333 ""
- 222233334444 "prod"
- 333344445555 "staging", denied"""
ACCOUNTS = {"type": "array", "items": {"type": "string"}}
ACCOUNT = {"type": "string"}
SCHEMAS: dict[str, Any] = {
    "list_ec2_instances": {"type": "object", "properties": {"regions": ACCOUNTS, "accounts": ACCOUNTS}},
    "list_s3_buckets": {"type": "object", "properties": {"accounts": ACCOUNTS}},
    "describe_iam_role": {"type": "object", "properties": {"role_name": ACCOUNT, "accounts": ACCOUNTS}},
    "create_s3_bucket": {
        "type": "object",
        "properties": {"bucket_name": ACCOUNT, "region": ACCOUNT, "account": ACCOUNT},
    },
}
OFFER = Offer(SCHEMAS)


def messages(text: str, *more: dict[str, Any], system: str = SYSTEM) -> list[dict[str, Any]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": text}, *more]


def answered(name: str, arguments: dict[str, Any], result: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    call = {"id": "c1", "function": {"name": name, "arguments": json.dumps(arguments)}}
    body = json.dumps({"status": "ok", "result": result, "complete": True, "gaps": []})
    return {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "c1", "content": body}


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("Do I have any EC2 instances?", "list_ec2_instances", {}),
        ("How many EC2 instances do I have in every account?", "list_ec2_instances", {}),
        ("Which EC2 instances are in account prod?", "list_ec2_instances", {"accounts": ["prod"]}),
        ("List the S3 buckets in the prod account", "list_s3_buckets", {"accounts": ["prod"]}),
        ("List the S3 buckets in prod and staging", "list_s3_buckets", {"accounts": ["prod", "staging"]}),
        ("List the S3 buckets of 222233334444", "list_s3_buckets", {"accounts": ["prod"]}),
        ("List all S3 buckets across all accounts", "list_s3_buckets", {}),
    ],
)
def test_the_accounts_that_a_question_names_are_asked(text: str, name: str, arguments: dict[str, Any]) -> None:
    (call,) = reply(messages(text), OFFER).calls
    assert (call.name, call.arguments) == (name, arguments)


def test_a_change_names_the_one_account_that_was_named() -> None:
    (call,) = reply(messages("Create a bucket named team-logs-1 in eu-west-1 in account prod"), OFFER).calls
    assert call.name == "create_s3_bucket"
    assert call.arguments == {"bucket_name": "team-logs-1", "region": "eu-west-1", "account": "prod"}


def test_a_change_in_no_account_or_in_two_is_asked_back() -> None:
    for text in (
        "Create a bucket named team-logs-1 in eu-west-1",
        "Create a bucket named team-logs-1 in eu-west-1 in prod and staging",
    ):
        said = reply(messages(text), OFFER)
        assert said.calls == ()
        assert "Which account" in said.text


def test_each_accounts_own_figures_follow_the_answer() -> None:
    figures = [
        {"account": "111122223333", "name": None, "figures": {"bucket_count": 2}},
        {"account": "222233334444", "name": "prod", "figures": {"bucket_count": 1}},
    ]
    result = {"buckets": [], "bucket_count": 3, "accounts": figures}
    said = reply(messages("List my S3 buckets", *answered("list_s3_buckets", {}, result)), OFFER)
    assert said.calls == ()
    assert "- prod (222233334444): bucket count 1" in said.text


def test_one_thing_is_told_of_every_account_that_has_it() -> None:
    role = {"role_name": "reader", "arn": "arn:aws:iam::{}:role/reader", "trust_policy": {}, "attached_policies": []}
    parts = [
        {"account": account, "name": name, "result": {**role, "arn": f"arn:aws:iam::{account}:role/reader"}}
        for account, name in (("111122223333", None), ("222233334444", "prod"))
    ]
    made = answered("describe_iam_role", {"role_name": "reader"}, {"accounts": parts})
    said = reply(messages("Describe the role reader", *made), OFFER).text
    assert "arn:aws:iam::111122223333:role/reader" in said
    assert "In account prod (222233334444):" in said
    assert "arn:aws:iam::222233334444:role/reader" in said


def test_a_session_of_one_account_is_as_before() -> None:
    said = reply(messages("List the S3 buckets", system="Account: 111122223333"), OFFER)
    assert [(call.name, call.arguments) for call in said.calls] == [("list_s3_buckets", {})]
